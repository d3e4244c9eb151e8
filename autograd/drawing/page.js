// What is seen: the steps through the user's graph, their words, and the controls. What is computed is in engine.js.
// Names are a user's text: they enter the page as text, never as HTML.
"use strict";

const program = JSON.parse(document.getElementById("program").textContent);
const { nodes, lines, inputs, onlyPython } = program;
const output = nodes.length - 1;
const leaves = [...nodes.keys()].filter((i) => !nodes[i].parents);
const computed = [...nodes.keys()].filter((i) => nodes[i].parents);
const byId = (id) => document.getElementById(id);
const still = matchMedia("(prefers-reduced-motion: reduce)");

let data = leaves.map((i) => Number(nodes[i].value)); // what the leaves hold
let order = "topological", step = 0, chosen = null, timer = null;
let results, right, pass, steps, wrong;

// ---- numbers and names in words ----

function written(x, digits) {
  if (Number.isNaN(x)) return "nan";
  if (Math.abs(x) === Infinity) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0";
  const rounded = digits ? Number(x.toPrecision(digits)) : x;
  return x !== 0 && Math.abs(x) < 1e-4 ? rounded.toExponential() : String(rounded);
}
const short = (x) => written(x, 6);
const held = (x) => (x < 0 || Object.is(x, -0) ? `(${short(x)})` : short(x)); // in brackets, as an operand
const titled = (i) => nodes[i].title;
const gradOf = (i) => (/^\w[\w.[\]]*(\(.*\))?$/.test(titled(i)) ? `${titled(i)}.grad` : `(${titled(i)}).grad`);
const valueOf = (i) => results[nodes[i].place];

// A node's formula with numbers: 2 * (-3), tanh(0.5), dot([1, 2], [3, 4]).
function withNumbers(i) {
  const [name, ...places] = lines[nodes[i].place - inputs], operands = places.map((place) => results[place]);
  if (name === "neg") return `-${held(operands[0])}`;
  if (!/^\w/.test(name) && operands.length === 2) return operands.map(held).join(` ${name} `);
  const texts = operands.map((each) => (Array.isArray(each) ? `[${shortened(each.map(short)).join(", ")}]` : short(each)));
  return nodes[i].index === undefined ? `${name}(${texts.join(", ")})` : `${name}(${texts[0]})[${nodes[i].index}]`;
}
const shortened = (texts) => (texts.length <= 6 ? texts : [...texts.slice(0, 4), "…", texts.at(-1)]);

// ---- the steps ----

function recompute() {
  const known = new Map(onlyPython ? nodes.map((node) => [node.place, Number(node.value)]) : []);
  results = run(lines, data, known);
  right = backward(program, results, "topological");
  pass = order === "topological" ? right : backward(program, results, order);
  steps = [
    { kind: "start" },
    ...computed.map((node, k) => ({ kind: "forward", node, count: `Forward ${k + 1} of ${computed.length}` })),
    { kind: "seed", node: output },
    ...pass.firings.map((firing, k) => ({
      kind: "backward", ...firing, count: `Backward ${k + 1} of ${pass.firings.length}`,
    })),
  ];
  wrong = pass.firings.findIndex((firing) => firing.missing.length || firing.again);
  byId("slider").max = steps.length - 1;
  const room = Math.min(Math.max(...steps.map((at) => equations(at).length)), 4) + (order === "topological" ? 3 : 4);
  byId("words").style.minHeight = `${1.55 * room}rem`; // so that the picture below does not move
  show(Math.min(step, steps.length - 1));
  judge();
}

// The values and gradients that are known after a step; null is not yet.
function stateAfter(k) {
  const values = nodes.map((node, i) => (node.parents ? null : valueOf(i))), grads = nodes.map(() => null);
  for (const { kind, node, changes } of steps.slice(0, k + 1)) {
    if (kind === "forward") values[node] = valueOf(node);
    if (kind === "seed") grads[output] = 1;
    if (kind === "backward") changes.forEach(({ parent, after }) => (grads[parent] = after));
  }
  return { values, grads };
}

const settled = (k) => k === steps.length - 1 && order !== "topological";
const near = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)); // orders round differently
const same = (a, b) => a === b || near(a, b) || (Number.isNaN(a) && Number.isNaN(b));
const isWrong = (i) => !same(pass.grads[i] ?? 0, right.grads[i] ?? 0);

// ---- words ----

function element(tag, text, name) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (name) made.className = name;
  return made;
}

function headline(at) {
  const name = titled(at.node ?? output);
  if (at.kind === "start") return "The leaves hold their numbers. Step forward to compute with them.";
  if (at.kind === "forward") return `${at.count}: ${name} is computed`;
  if (at.kind === "seed") return `Backward begins at ${name}, with gradient 1`;
  return `${at.count}: ${name} fires, with gradient ${short(at.g)}`;
}

function chainRule({ node, g, changes }) {
  return changes.map(({ parent, gain, slope, after }, k) => {
    const sum = same(after, gain) ? "" : `, now ${short(after)}`;
    const symbols = `${gradOf(parent)} += ${gradOf(node)} * ${nodes[node].slopes[k]}`;
    return `${symbols} = ${short(g)} * ${short(slope)} = ${short(gain)}${sum}`;
  });
}

function equations(at) {
  if (at.kind === "forward") {
    const { title, written: formula } = nodes[at.node];
    const parts = [title, ...(formula === title ? [] : [formula]), withNumbers(at.node), short(valueOf(at.node))];
    return [parts.join(" = ")];
  }
  if (at.kind === "seed") return [`${gradOf(output)} = 1`];
  if (at.kind !== "backward") return [];
  const all = chainRule(at);
  return all.length <= 8 ? all : [...all.slice(0, 7), `… and ${all.length - 7} more like these`];
}

function mistake({ missing, again, node }) {
  const late = missing.map(titled);
  const users = late.length > 3 ? `${late.slice(0, 3).join(", ")} and ${late.length - 3} more` : late.join(" and ");
  if (again) return `${titled(node)} fires again, and passes on a second time what it has passed on before.`;
  return `${titled(node)} fires too early: ${users}, computed from it, ${late.length > 1 ? "have" : "has"} not fired yet.`;
}

function say(at) {
  const list = element("ul", undefined, equations(at).length > 3 ? "many" : "");
  for (const text of equations(at)) list.appendChild(element("li")).append(element("code", text));
  const parts = [element("p", headline(at)), list];
  if (at.kind === "backward" && (at.missing.length || at.again)) parts.push(element("p", `Wrong: ${mistake(at)}`, "wrong"));
  if (step === steps.length - 1) parts.push(element("p", closing(), settled(step) && wrong >= 0 ? "wrong" : ""));
  byId("words").replaceChildren(...parts);
}

function closing() {
  if (pass.capped) return `Stopped after ${MOST_FIRINGS} firings: this order takes many more.`;
  const several = nodes.filter((_, i) => isWrong(i)).length;
  if (several) return `All have fired. ${several} of ${nodes.length} gradients are wrong; the boxes are marked ✗.`;
  return `All have fired: every gradient is d(${titled(output)})/d(that value).`;
}

// What the chosen order does to this graph, and the gradients that it gets wrong.
function judge() {
  const verdict = byId("verdict"), bad = [...nodes.keys()].filter(isWrong);
  if (order === "topological") {
    verdict.replaceChildren(element("p", "A node fires when all that was computed from it has fired. Always right."));
    return;
  }
  const parts = [];
  if (pass.capped) parts.push(element("p", `Stopped after ${MOST_FIRINGS} firings: this order takes many more.`, "wrong"));
  if (wrong < 0) parts.push(element("p", `Right, on this graph: nothing fires too early here, nor twice.`));
  else parts.push(element("p", `First goes wrong at backward step ${wrong + 1}: ${mistake(pass.firings[wrong])}`, "wrong"));
  if (wrong >= 0) parts.push(element("p", bad.length ? "Gradients at the end:" : "The gradients are right all the same: luck, on these numbers."));
  if (bad.length) parts.push(comparison(bad));
  verdict.replaceChildren(...parts);
}

function comparison(bad) {
  const table = element("table"), head = table.insertRow();
  for (const text of ["value", "this order", "right"]) head.append(element("th", text));
  for (const i of bad.slice(0, 30)) {
    const row = table.insertRow();
    row.insertCell().textContent = titled(i);
    row.insertCell().append(element("span", `${short(pass.grads[i] ?? 0)} ✗ wrong`, "wrong"));
    row.insertCell().textContent = short(right.grads[i] ?? 0);
  }
  if (bad.length > 30) table.insertRow().insertCell().textContent = `… ${bad.length - 30} more`;
  return table;
}

function detail(i) {
  const { title, written: formula, parents, slopes } = nodes[i], { values, grads } = stateAfter(step);
  const table = element("table");
  const row = (name, text) => {
    const made = table.insertRow();
    made.append(element("th", name));
    made.insertCell().append(element("code", text));
  };
  row("name", title);
  if (parents) row("formula", formula);
  row("value", values[i] === null ? "not computed yet" : written(values[i]));
  row("gradient", grads[i] === null ? "not reached yet" : written(grads[i]));
  if (parents) {
    const { rule, place } = nodes[i];
    const numbers = gains(program.rules[rule], 1, lines[place - inputs].slice(1).map((each) => results[each]));
    parents.slice(0, 30).forEach((parent, k) => {
      const value = values[i] === null || slopes[k] === short(numbers[k]) ? "" : ` = ${short(numbers[k])}`;
      row(k ? "" : "local derivatives", `d(${title})/d(${titled(parent)}) = ${slopes[k]}${value}`);
    });
  }
  byId("details").replaceChildren(table);
}

// ---- the picture ----

const svg = document.querySelector("#picture svg");
const boxes = nodes.map((_, i) => byId(`value_${i}`)), rounds = nodes.map((_, i) => byId(`op_${i}`));
const edges = [...svg.querySelectorAll("[data-ends]")];
const SHAPES = "polygon, rect, ellipse, circle, path";
for (const group of [...boxes, ...rounds]) group?.querySelector(SHAPES)?.classList.add("outline");

function mark(group, name, on) {
  group?.classList.toggle(name, Boolean(on));
}

// The last two texts of a box are its data and its gradient.
function fill(i, { values, grads }) {
  const texts = boxes[i] ? [...boxes[i].querySelectorAll("text")].slice(-2) : [];
  const bad = settled(step) && isWrong(i) ? " ✗" : "";
  const contents = [`data ${values[i] === null ? "·" : written(values[i], 4)}`];
  contents.push(`grad ${grads[i] === null ? "·" : written(grads[i], 4)}${bad}`);
  texts.forEach((text, k) => {
    text.textContent = contents[k];
    squeeze(text, boxes[i].querySelector(".outline").getBBox().width - 6);
  });
}

function squeeze(text, width) {
  text.removeAttribute("textLength");
  if (text.getComputedTextLength() <= width) return;
  text.setAttribute("textLength", width);
  text.setAttribute("lengthAdjust", "spacingAndGlyphs");
}

function paint() {
  const at = steps[step], state = stateAfter(step), gaining = new Set((at.changes || []).map(({ parent }) => parent));
  nodes.forEach((node, i) => {
    const now = at.node === i;
    fill(i, state);
    mark(boxes[i], "fires", now);
    mark(rounds[i], "fires", now && at.kind !== "seed");
    mark(boxes[i], "receives", gaining.has(i));
    mark(boxes[i], "mistaken", settled(step) && isWrong(i));
    mark(boxes[i], "chosen", chosen === i && !now && !gaining.has(i));
    for (const group of [boxes[i], rounds[i]]) mark(group, "waiting", state.values[i] === null);
    const grad = state.grads[i] === null ? "not reached" : short(state.grads[i]);
    boxes[i]?.setAttribute("aria-label", `${node.title}, gradient ${grad}`);
  });
  const firing = at.kind === "seed" ? "" : `op_${at.node}`;
  for (const edge of edges) mark(edge, "fires", edge.dataset.ends.split(" ").includes(firing));
  detail(chosen ?? at.node ?? output);
}

function reveal(i) {
  const pane = byId("picture"), box = boxes[i]?.getBoundingClientRect(), view = pane.getBoundingClientRect();
  if (!box || (box.left > view.left && box.right < view.right && box.top > view.top && box.bottom < view.bottom)) return;
  const [left, top] = [box.left + box.width / 2 - view.left, box.top + box.height / 2 - view.top];
  pane.scrollBy({
    left: left - view.width / 2, top: top - view.height / 2, behavior: still.matches ? "auto" : "smooth",
  });
}

const [, , width, height] = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
let scale = 1;

function zoom(to) {
  scale = Math.min(Math.max(to, 0.25), 5);
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
}
const fit = () => zoom(Math.min((byId("picture").clientWidth - 4) / width, 2));
const readable = () => zoom(Math.min(Math.max((byId("picture").clientWidth - 4) / width, 1.1), 1.7));

// ---- moving ----

function show(k) {
  step = Math.min(Math.max(k, 0), steps.length - 1);
  const at = steps[step], slider = byId("slider");
  slider.value = step;
  slider.setAttribute("aria-valuetext", headline(at));
  byId("count").textContent = `step ${step} of ${steps.length - 1}`;
  for (const [id, end] of [["first", 0], ["back", 0], ["forward", steps.length - 1], ["last", steps.length - 1]]) {
    byId(id).setAttribute("aria-disabled", step === end); // not disabled, which would take the focus away
  }
  say(at);
  paint();
}

function go(k) {
  chosen = null;
  show(k);
  if (steps[step].node !== undefined) reveal(steps[step].node);
}

function stop() {
  clearInterval(timer);
  timer = null;
  byId("play").textContent = "Play";
}

function play() {
  if (timer !== null) return stop();
  if (step === steps.length - 1) go(0);
  byId("play").textContent = "Pause";
  timer = setInterval(() => {
    go(step + 1);
    if (step === steps.length - 1) stop();
  }, 1000);
}

const moves = { first: () => go(0), back: () => go(step - 1), forward: () => go(step + 1), last: () => go(steps.length - 1) };
for (const [id, move] of Object.entries(moves)) {
  byId(id).onclick = () => { stop(); move(); };
}
byId("play").onclick = play;
byId("slider").oninput = (event) => { stop(); go(Number(event.target.value)); };
byId("smaller").onclick = () => zoom(scale / 1.25);
byId("larger").onclick = () => zoom(scale * 1.25);
byId("fit").onclick = fit;

const KEYS = { Home: "first", ArrowLeft: "back", ArrowRight: "forward", End: "last", " ": "play" };

document.addEventListener("keydown", (event) => {
  const { target, key } = event;
  const ownKeys = target.matches("input:not([type=range])") || (key === " " && target.matches("button"));
  if (!KEYS[key] || ownKeys || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  byId(KEYS[key]).click();
});

boxes.forEach((box, i) => {
  if (!box) return;
  box.setAttribute("role", "img");
  box.addEventListener("mouseenter", () => detail(i));
  box.addEventListener("mouseleave", () => detail(chosen ?? steps[step].node ?? output));
  box.addEventListener("click", () => { chosen = chosen === i ? null : i; paint(); });
});

for (const radio of document.querySelectorAll("[name=order]")) {
  radio.onchange = () => {
    stop();
    order = radio.value;
    recompute();
  };
}

// ---- leaves ----

const grain = (x) => (x && Number.isFinite(x) ? 10 ** (Math.floor(Math.log10(Math.abs(x))) - 1) : 0.1);

leaves.forEach((i, k) => {
  const label = element("label", titled(i)), input = element("input");
  input.type = "number";
  input.disabled = Boolean(onlyPython);
  input.oninput = () => {
    if (input.value === "") return;
    data[k] = Number(input.value);
    recompute();
  };
  input.onfocus = () => { chosen = i; paint(); };
  label.append(input);
  byId("leaves").append(label);
});

function reset() {
  data = leaves.map((i) => Number(nodes[i].value));
  [...byId("leaves").querySelectorAll("input")].forEach((input, k) => {
    input.step = grain(data[k]).toPrecision(1);
    input.placeholder = short(data[k]); // nan and inf cannot be typed, but can be seen
    input.defaultValue = Number.isFinite(data[k]) ? String(data[k]) : "";
    input.value = input.defaultValue;
  });
  recompute();
}

byId("reset").onclick = reset;
byId("reset").hidden = Boolean(onlyPython);
byId("why").hidden = !onlyPython;
byId("why").textContent = `They cannot be changed here: only Python can compute '${onlyPython}'. The numbers are Python's.`;
readable();
reset();
