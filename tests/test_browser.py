"""The step-through page in a real browser: every control, hostile names, small windows, frames of notebooks."""

import math
import time

import pytest

import autograd as ag
from autograd import Value, custom, draw, forward_steps, tanh, why_order
from autograd.drawing.render import engine_of_the_wheel
from autograd.graph import nodes
from tests.browser import Stepper, chromium, needs_browser, webdriver
from tests.test_page import entropy, mlp, scalar_formula

pytestmark = needs_browser
LEFT, RIGHT, HOME, END = "\ue012", "\ue014", "\ue011", "\ue010"  # as WebDriver writes keys


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    opened = chromium(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.quit()


def lesson() -> tuple[Value, dict]:
    """A graph on which both wrong orders go wrong, with a name for every node."""
    a, b = Value(2.0), Value(-3.0)
    c = a * b
    d = c + a
    e = c * d
    return e, {"a": a, "b": b, "c": c, "d": d, "e": e}


@pytest.fixture
def steps(browser, tmp_path):
    output, namespace = lesson()
    stepper = Stepper(browser, tmp_path, output, namespace)
    stepper.named = namespace
    yield stepper
    assert stepper.troubles() == []


def test_keys_go_forward_and_backward(steps: Stepper) -> None:
    seen = []
    for key in (RIGHT, RIGHT, LEFT, END, LEFT, HOME, LEFT):
        steps.press(key)
        seen.append(steps.step)
    assert seen == [1, 2, 1, 7, 6, 0, 0]


def test_each_step_says_and_shows_what_happens(steps: Stepper) -> None:
    a, c, e = (steps.named[name] for name in "ace")
    assert steps.box(a) == ["a", "data 2", "grad ·"] and steps.box(c) == ["c", "data ·", "grad ·"]
    said = []
    for _ in range(7):
        steps.press(RIGHT)
        said.append(steps.words.splitlines())
    assert said[0] == ["Forward 1 of 3: c is computed", "c = a*b = 2*-3 = -6"]
    assert said[3] == ["Backward begins at e, with gradient 1", "e.grad = 1"]
    assert said[5] == [
        "Backward 2 of 3: d fires, with gradient -6",
        "c.grad += d.grad * 1 = -6 * 1 = -6, now -10",
        "a.grad += d.grad * 1 = -6 * 1 = -6",
    ]
    assert said[6][1] == "All have fired: every gradient is de/d(that value)."
    assert said[6][2] == "a.grad += c.grad * b = -10 * -3 = 30, now 24"
    assert steps.box(a) == ["a", "data 2", "grad 24"] and steps.box(e) == ["e", "data 24", "grad 1"]
    steps.press(LEFT)
    assert steps.box(a) == ["a", "data 2", "grad -6"]


def test_the_firing_node_is_marked_with_its_edges(steps: Stepper) -> None:
    steps.run("go(6)")  # d fires
    ends = "(g) => g.id || g.dataset.op"
    marked = f"return [...document.querySelectorAll('#picture .' + arguments[0])].map({ends})"
    place = {name: steps.graph.index(node) for name, node in steps.named.items()}
    d = place["d"]
    assert sorted(steps.run(marked, "fires")) == sorted(
        [f"value_{d}", f"op_{d}", f"{d}"]  # the last are its edges
    )
    assert sorted(steps.run(marked, "receives")) == sorted([f"value_{place['a']}", f"value_{place['c']}"])


def test_buttons_and_slider(steps: Stepper) -> None:
    for name, step in (("next", 1), ("last", 7), ("previous", 6), ("first", 0)):
        steps.click(name)
        assert steps.step == step
    slider = steps.find("#slider")
    slider.send_keys(RIGHT, RIGHT, RIGHT)
    assert steps.step == 3 and "Forward 3 of 3" in steps.words
    assert "e is computed" in slider.get_attribute("aria-valuetext")
    assert steps.find("#words").get_attribute("aria-live") == "polite"


def test_play_runs_to_the_end_and_can_be_paused(steps: Stepper) -> None:
    steps.run("const every = setInterval; window.setInterval = (f) => every(f, 20)")
    steps.press(" ")
    assert steps.find("#play").text == "Pause"
    waiting = time.monotonic() + 10
    while steps.step < 7 and time.monotonic() < waiting:
        time.sleep(0.02)
    assert steps.step == 7 and steps.find("#play").text == "Play"
    steps.run("window.setInterval = (f) => 0")
    steps.press(" ")
    assert steps.step == 0 and steps.find("#play").text == "Pause"  # from the start again
    steps.click("play")
    assert steps.find("#play").text == "Play"


def test_a_changed_leaf_is_computed_as_python_does(steps: Stepper) -> None:
    for text in ("0.1", "-7.25e3", "1e200"):
        steps.change("a", text)
        steps.named["a"].data = float(text)
        again = ag.graph.replay(steps.graph[-1])
        again.backward()
        expected = [(node.data, node.grad) for node in nodes(again)]
        assert sorted(steps.numbers()) == sorted(expected)
        steps.named["a"].zero_grad(), steps.named["b"].zero_grad()
    steps.press(END)
    steps.find("#slider").send_keys(END)
    assert steps.box(steps.named["e"])[1] == "data inf"
    steps.click("reset")
    assert steps.box(steps.named["a"])[1:] == ["data 2", "grad 24"]


def test_arrows_in_a_number_field_change_the_number_and_not_the_step(steps: Stepper) -> None:
    field = steps.find("#leaves input")
    before = float(field.get_attribute("value"))
    field.send_keys("\ue013")  # up
    assert float(field.get_attribute("value")) == pytest.approx(before + 0.1)
    field.send_keys(HOME, RIGHT, " ")
    assert steps.step == 0


@pytest.mark.parametrize("order", ["breadth-first", "naive recursion"])
def test_wrong_orders_go_wrong_as_they_do_in_python(steps: Stepper, order: str) -> None:
    steps.choose(order)
    attempt = next(each for each in why_order(steps.graph[-1], steps.named).attempts if each.order == order)
    said = steps.find("#verdict .wrong").text
    assert said.startswith("First goes wrong at backward step ") and said.endswith(f": {attempt.mistake}.")
    at = int(said.split(":")[0].split()[-1])
    steps.run("go(computed.length + 1 + arguments[0])", at)
    assert f"Wrong: {attempt.mistake}." in steps.words
    steps.run("go(step - 1)")
    assert "Wrong" not in steps.words
    found = steps.run("return pass.grads.map(String)")
    assert [float(text) for text in found] == [attempt.gradients[node] for node in steps.graph]
    wrong = [node for node in steps.named.values() if attempt.gradients[node] != steps_right(steps, node)]
    steps.find("body").click()
    steps.press(END)
    assert wrong and all("✗" in steps.box(node)[-1] for node in wrong)
    assert sum("✗ wrong" in row for row in steps.texts("#verdict tr")) == len(wrong)
    assert f"{len(wrong)} of 5 gradients are wrong" in steps.words
    steps.choose("topological")
    assert "✗" not in "".join(steps.box(steps.named["a"])) and "correct" in steps.find("#verdict").text


def steps_right(steps: Stepper, node: Value) -> float:
    return steps.numbers()[steps.graph.index(node)][1]


def test_a_recursion_that_does_not_end_in_time_is_stopped_and_says_so(browser, tmp_path) -> None:
    y = Value(1.0, label="x")
    for _ in range(30):
        y = y * y
    stepper = Stepper(browser, tmp_path, y, {})
    stepper.choose("naive recursion")
    assert "Stopped after 2000 firings" in stepper.find("#verdict").text
    assert "fires again" in stepper.find("#verdict").text and stepper.troubles() == []


def inside(steps: Stepper, nodes: list[Value]) -> bool:
    """Whether the boxes of nodes lie inside the pane, once it has scrolled there, and inside the window."""
    script = """
    const { left, right, top, bottom } = pane.getBoundingClientRect();
    return arguments[0].map((i) => boxes[i].getBoundingClientRect()).every((box) => box.left >= left - 1
      && box.right <= right + 1 && box.top >= top - 1 && box.bottom <= Math.min(bottom, innerHeight) + 1);
    """
    return steps.run(script, [steps.graph.index(node) for node in nodes])


@pytest.fixture
def calm(browser):
    """No motion, which takes its time."""
    for wish in ("reduce", ""):
        features = [{"name": "prefers-reduced-motion", "value": wish}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        if wish:
            yield


@pytest.mark.usefixtures("calm")
@pytest.mark.parametrize("width", [390, 1280])
def test_what_changes_is_in_sight_and_the_picture_stays_where_it_is(steps: Stepper, width: int) -> None:
    steps.resize(width)
    steps.choose("naive recursion")
    tops, last = set(), steps.run("return steps.length - 1")
    for step in range(last + 1):
        steps.run("go(arguments[0])", step)
        changed = steps.run(
            "const { node, changes = [] } = steps[step]; return [node, ...changes.map((c) => c.parent)]"
        )
        assert inside(steps, [steps.graph[index] for index in changed if index is not None])
        tops.add(steps.run("return pane.getBoundingClientRect().top + scrollY"))
    assert len(tops) == 1
    wrong = [node for index, node in enumerate(steps.graph) if steps.run("return isWrong(arguments[0])", index)]
    assert wrong and inside(steps, wrong)
    verdict = steps.run("return document.querySelector('#words .wrong').getBoundingClientRect().bottom")
    assert verdict <= steps.run("return byId('words').getBoundingClientRect().bottom")
    if width == 1280:
        assert inside(steps, steps.graph)  # a small graph is seen whole


def test_what_is_no_number_is_said_and_changes_nothing(steps: Stepper) -> None:
    field = steps.find("#leaves input")
    for nonsense in ("", "e", "--3"):
        steps.change("a", nonsense)
        assert field.get_attribute("aria-invalid") == "true"
        assert "not a number; keeps 2" in steps.find("#leaves label").text
        assert steps.numbers()[steps.graph.index(steps.named["a"])][0] == 2
        steps.click("reset")
        assert field.get_attribute("aria-invalid") == "false" and "keeps" not in steps.find("#leaves").text
    field.clear()
    field.send_keys("5")
    assert field.get_attribute("aria-invalid") == "false" and steps.find("#leaves label").text == "a"


def test_the_colours_are_those_of_moving_pictures(steps: Stepper) -> None:
    outline = "return getComputedStyle(document.querySelector('.fires .outline'))"
    found = []
    for step in (1, 6):
        steps.run("go(arguments[0])", step)
        found.append([steps.run(f"{outline}[arguments[0]]", name) for name in ("stroke", "stroke-width")])
    assert found == [["rgb(0, 114, 178)", "3px"], ["rgb(213, 94, 0)", "5px"]]
    assert steps.run("return getComputedStyle(document.querySelector('.receives .outline')).strokeDasharray") != "none"
    assert "a node fires: it passes its gradient on" in steps.find("#legend").text


def test_hover_and_tap_show_details(steps: Stepper) -> None:
    actions = webdriver.ActionChains(steps.browser)
    box = steps.find(f"#value_{steps.graph.index(steps.named['c'])}")
    actions.move_to_element(box).perform()
    assert "a*b" in steps.find("#details").text and "not computed yet" in steps.find("#details").text
    actions.move_to_element(steps.find("h1")).perform()
    assert steps.texts("#details tr")[0] == "name e"
    steps.press(END)
    box.click()
    actions.move_to_element(steps.find("h1")).perform()
    told = "name c, formula a*b, value -6, gradient -10, local derivatives dc/da = b = -3, dc/db = a = 2"
    assert ", ".join(steps.texts("#details tr")) == told


# ---- what may be anything --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "${alert(1)}"])
def test_names_stay_text(browser, tmp_path, label: str) -> None:
    stepper = Stepper(browser, tmp_path, tanh(Value(1.0, label=label) * 2), {})
    stepper.press(END)
    assert label in stepper.words and label in stepper.find("#leaves").text
    assert stepper.run("return document.querySelectorAll('img, script').length") == 4  # the data, and ours
    assert stepper.troubles() == []


@pytest.mark.parametrize(
    ("compute", "forward", "backward"),
    [
        (lambda a, b: -a, "-a = -(-3) = 3", "a.grad += (-a).grad * -1 = 1 * -1 = -1"),
        (lambda a, b: a**2, "a**2 = (-3)**2 = 9", "a.grad += (a**2).grad * (2*a) = 1 * -6 = -6"),
        (lambda a, b: (a * b) ** 2, "(a*b)**2 = (-6)**2 = 36", "a.grad += (a*b).grad * b = -12 * 2 = -24"),
        (
            lambda a, b: b.sigmoid(),
            "sigmoid(b) = sigmoid(2) = 0.880797",
            "sigmoid(b).grad * (sigmoid(b)*(1 - sigmoid(b)))",
        ),
        (lambda a, b: ag.maximum(a, b), "maximum(a, b) = maximum(-3, 2) = 2", "maximum(a, b).grad"),
        (
            lambda a, b: ag.dot([a, b], [4.0, 5.0]),
            "= dot([-3, 2], [4, 5]) = -2",
            "b.grad += dot([a, b], [4, 5]).grad * 5 = 1 * 5 = 5",
        ),
        (lambda a, b: ag.softmax([b, b])[1], "= softmax([2, 2])[1] = 0.5", "= 1 * 0.25 = 0.25, now 0"),
        (lambda a, b: a, "The leaves hold their numbers", "Backward begins at a, with gradient 1"),
    ],
)
def test_formulas_of_every_kind(browser, tmp_path, compute, forward: str, backward: str) -> None:
    stepper = Stepper(browser, tmp_path, compute(Value(-3.0, label="a"), Value(2.0, label="b")), {})
    count = stepper.run("return computed.length")
    stepper.press(*[RIGHT] * count)
    assert forward in stepper.words
    stepper.press(END)
    assert backward in stepper.words and stepper.troubles() == []


@pytest.mark.parametrize("make", [scalar_formula, entropy, mlp])
def test_formulas_are_written_as_in_python(browser, tmp_path, make) -> None:
    output = make()
    stepper = Stepper(browser, tmp_path, output, {})
    found = stepper.run("return computed.map((i) => [titled(i), formulaOf(i), withNumbers(i)])")
    assert found == [[step.title, step.formula, step.numbers] for step in forward_steps(output, {})]


def test_nan_and_infinity_are_shown(browser, tmp_path) -> None:
    a, b = Value(math.inf, label="a"), Value(math.nan, label="b")
    stepper = Stepper(browser, tmp_path, a * b + -0.0, {})
    stepper.press(END)
    assert stepper.box(a) == ["a", "data inf", "grad nan"] and stepper.box(b)[1:] == ["data nan", "grad inf"]
    fields = stepper.browser.find_elements("css selector", "#leaves input")
    assert [field.get_attribute("placeholder") for field in fields] == ["inf", "nan"]


def test_what_only_python_can_compute_is_stepped_through_with_its_numbers(browser, tmp_path) -> None:
    area = custom(lambda x, y: x * y, lambda x, y: (y, x), name="area")
    a, b = Value(2.0, label="a"), Value(5.0, label="b")
    stepper = Stepper(browser, tmp_path, area(a, b) ** 2, {})
    stepper.press(END)
    assert stepper.box(a)[-1] == "grad 100" and stepper.box(b)[-1] == "grad 40"
    assert "only Python can compute 'area'" in stepper.find("#why").text
    assert not any(field.is_enabled() for field in stepper.browser.find_elements("css selector", "#leaves input"))
    assert stepper.troubles() == []


ENGINES = ["own", *(["graphviz-pure"] if engine_of_the_wheel() else [])]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_fits_its_window_and_a_finger(browser, tmp_path, width: int, engine: str) -> None:
    loss = mlp(3, (5, 3, 1))
    stepper = Stepper(browser, tmp_path, loss, {}, width, engine)
    for key in (END, RIGHT, HOME):
        stepper.press(key)
        assert stepper.run("return document.documentElement.scrollWidth") <= width
    sizes = stepper.run("return [...document.querySelectorAll('button')].map((b) => b.getBoundingClientRect().height)")
    assert min(sizes) >= 44
    letters = stepper.run("return document.querySelector('#value_0 text').getBoundingClientRect().height")
    assert letters >= 11
    assert stepper.troubles() == []


def test_the_page_works_inside_the_frame_of_a_notebook(browser, tmp_path) -> None:
    output, namespace = lesson()
    path = tmp_path / "notebook.html"
    path.write_text(
        f"<!DOCTYPE html>{draw(output, names=namespace, engine='own').page._repr_html_()}", encoding="utf-8"
    )
    browser.get(path.as_uri())
    browser.switch_to.frame(0)
    browser.find_element("id", "last").click()
    assert "a.grad += c.grad * b" in browser.find_element("id", "words").text
    browser.switch_to.default_content()


def test_the_animated_picture_moves(browser, tmp_path) -> None:
    output, namespace = lesson()
    path = draw(output, names=namespace, engine="own").save(tmp_path / "steps.svg", animated=True)
    browser.get(path.as_uri())
    script = """
    const move = (share) => document.getAnimations().forEach((each) => {
      each.pause();
      each.currentTime = share * each.effect.getTiming().duration;
    });
    const seen = (text) => getComputedStyle(text).opacity === "1";
    return arguments[0].map((share) => {
      move(share);
      const texts = [...document.querySelectorAll("#value_0 text, .strip text")];
      const top = (text) => text.getBoundingClientRect().top;
      const inside = (text) => !text.closest(".strip") || (top(text) >= 0 && top(text) < 20);
      return texts.filter(seen).filter(inside).map((text) => text.textContent);
    });
    """
    start, late = browser.execute_script(script, [0.0, 0.99])
    assert start == ["a", "data 2", "grad ·", "the leaves hold their numbers"]
    assert late == ["a", "data 2", "grad 24", "backward: c fires with -10; a.grad += 30; b.grad += -20"]
