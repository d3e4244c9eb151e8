// What is seen: the steps through the user's graph, the picture, and the controls. What is computed is in engine.js, and
// what the steps say in words.js.
// Names are a user's text: they enter the page as text, never as HTML.
"use strict";

const program = JSON.parse(document.getElementById("program").textContent);
const { nodes, lines, inputs, onlyPython } = program;
const output = nodes.length - 1;
const leaves = [...nodes.keys()].filter((i) => !nodes[i].parents);
const computed = [...nodes.keys()].filter((i) => nodes[i].parents);
const byId = (id) => document.getElementById(id);
const pane = byId("picture");
const still = matchMedia("(prefers-reduced-motion: reduce)");

let data = leaves.map((i) => Number(nodes[i].value)); // what the leaves hold
let order = "topological", step = 0, chosen = null, timer = null;
let results, right, pass, steps, wrong; // wrong: the first firing that is a mistake

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
  wrong = pass.firings.findIndex(mistake);
  byId("slider").max = steps.length - 1;
  makeRoom();
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

// What is said of a step; what matters most comes first, lest it is scrolled out of sight.
function sayings(k) {
  const at = steps[k], said = equations(at), list = element("ul", undefined, said.length > 3 ? "many" : "");
  const error = at.kind === "backward" && mistake(at);
  for (const text of said) list.appendChild(element("li")).append(element("code", text));
  return [
    element("p", headline(at)),
    ...(k === steps.length - 1 ? [element("p", closing(), settled(k) && wrong >= 0 ? "wrong" : "")] : []),
    ...(error ? [element("p", `Wrong: ${error}.`, "wrong")] : []),
    list,
  ];
}

const MOST_MEASURED = 250;

// Give the words the height of the longest that there are, so that the picture below does not move; it gets the rest.
function makeRoom() {
  const words = byId("words"), every = Math.ceil(steps.length / MOST_MEASURED);
  let height = 0;
  words.style.height = "auto";
  steps.forEach((_, k) => {
    if (k % every && k < steps.length - 1) return;
    words.replaceChildren(...sayings(k));
    height = Math.max(height, words.offsetHeight);
  });
  words.style.height = `${height}px`;
  pane.style.maxHeight = `${Math.max(innerHeight - pane.offsetTop - 12, 0.4 * innerHeight)}px`; // all of it is in sight
}

function closing() {
  if (pass.capped) return `Stopped after ${MOST_FIRINGS} firings: this order takes many more.`;
  const several = nodes.filter((_, i) => isWrong(i)).length;
  if (several) return `All have fired: ${several} of ${nodes.length} gradients are wrong, and marked ✗.`;
  return `All have fired: every gradient is d${bracketed(titled(output))}/d(that value).`;
}

// What the chosen order does to this graph, and the gradients that it gets wrong.
function judge() {
  const verdict = byId("verdict"), bad = [...nodes.keys()].filter(isWrong);
  if (order === "topological") {
    verdict.replaceChildren(element("p", "A node fires when all that was computed from it has fired. Always correct."));
    return;
  }
  const parts = [];
  if (pass.capped) parts.push(element("p", `Stopped after ${MOST_FIRINGS} firings: this order takes many more.`, "wrong"));
  if (wrong < 0) parts.push(element("p", "Right, on this graph: no node passes on too little here, or anything twice."));
  else parts.push(element("p", `First goes wrong at backward step ${wrong + 1}: ${mistake(pass.firings[wrong])}.`, "wrong"));
  if (wrong >= 0) parts.push(element("p", bad.length ? "Gradients at the end:" : "The gradients are right all the same: luck, on these numbers."));
  if (bad.length) parts.push(comparison(bad));
  verdict.replaceChildren(...parts);
}

function comparison(bad) {
  const table = element("table"), head = table.insertRow();
  for (const text of ["value", "this order", "correct"]) head.append(element("th", text));
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
  const { title, parents, slopes } = nodes[i], { values, grads } = stateAfter(step);
  const table = element("table");
  const row = (name, text) => {
    const made = table.insertRow();
    made.append(element("th", name));
    made.insertCell().append(element("code", text));
  };
  row("name", title);
  if (parents) row("formula", formulaOf(i));
  row("value", values[i] === null ? "not computed yet" : written(values[i]));
  row("gradient", grads[i] === null ? "not reached yet" : written(grads[i]));
  if (parents) {
    const { rule, place } = nodes[i];
    const numbers = gains(program.rules[rule], 1, lines[place - inputs].slice(1).map((each) => results[each]));
    parents.slice(0, 30).forEach((parent, k) => {
      const number = values[i] === null ? "" : short(numbers[k]), formula = String(slopes[k]);
      const parts = [derivative(i, parent), formula, formula === number ? "" : number];
      row(k ? "" : "local derivatives", parts.filter(Boolean).join(" = "));
    });
  }
  byId("details").replaceChildren(table);
}

// ---- the picture ----

const svg = document.querySelector("#picture svg");
const boxes = nodes.map((_, i) => byId(`value_${i}`)), rounds = nodes.map((_, i) => byId(`op_${i}`));
const edges = nodes.map((_, i) => svg.querySelector(`[data-op="${i}"]`)); // those of a node's operator
for (const group of [...boxes, ...rounds]) group?.querySelector("rect, ellipse").classList.add("outline");

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
  svg.classList.toggle("backward", at.kind === "seed" || at.kind === "backward");
  nodes.forEach((node, i) => {
    const now = at.node === i;
    fill(i, state);
    mark(boxes[i], "fires", now);
    for (const group of [rounds[i], edges[i]]) mark(group, "fires", now && at.kind !== "seed");
    mark(boxes[i], "receives", gaining.has(i));
    mark(boxes[i], "mistaken", settled(step) && isWrong(i));
    mark(boxes[i], "chosen", chosen === i && !now && !gaining.has(i));
    for (const group of [boxes[i], rounds[i]]) mark(group, "waiting", state.values[i] === null);
    const grad = state.grads[i] === null ? "not reached" : short(state.grads[i]);
    boxes[i]?.setAttribute("aria-label", `${node.title}, gradient ${grad}`);
  });
  detail(chosen ?? at.node ?? output);
}

// ---- what is in sight ----

const [, , width, height] = svg.getAttribute("viewBox").split(/[ ,]+/).map(Number);
const READABLE = 0.9, LEGIBLE = 0.6; // scales: of the whole, and, if need be, of what a step changes
let scale = 1, byHand = false;

function zoom(to) {
  scale = Math.min(Math.max(to, 0.25), 5);
  svg.setAttribute("width", width * scale);
  svg.setAttribute("height", height * scale);
}
const clamped = (x, low, high) => Math.min(Math.max(x, low), high);
const room = () => [pane.clientWidth - 8, parseFloat(pane.style.maxHeight) - 16];
const fitting = (wide, high) => Math.min(room()[0] / wide, room()[1] / high);
const fit = () => zoom(Math.min(fitting(width, height), 1.7));
const usual = () => clamped(fitting(width, height), READABLE, 1.7);

// The frame around shapes, in the pane: left, top, right, bottom.
function frame(several) {
  const view = pane.getBoundingClientRect(), [left, top] = [pane.scrollLeft - view.left, pane.scrollTop - view.top];
  const sides = several.map((i) => boxes[i].getBoundingClientRect());
  const least = (side) => Math.min(...sides.map((box) => box[side])), most = (side) => Math.max(...sides.map((box) => box[side]));
  return [least("left") + left, least("top") + top, most("right") + left, most("bottom") + top];
}

// Scroll to the first shape and as many of the others, nearest first, as there is room for.
function reveal(several) {
  const shown = several.filter((i) => boxes[i]);
  if (!shown.length) return;
  if (!byHand) {
    zoom(usual());
    const [left, top, right, bottom] = frame(shown);
    const smaller = scale * fitting(right - left, bottom - top);
    if (smaller >= LEGIBLE && smaller < scale) zoom(smaller);
  }
  const first = frame(shown.slice(0, 1)), away = (i) => Math.hypot(...frame([i]).map((side, k) => side - first[k]));
  const fits = ([left, top, right, bottom]) => right - left <= pane.clientWidth && bottom - top <= pane.clientHeight;
  const kept = [shown[0]];
  for (const i of shown.slice(1).sort((a, b) => away(a) - away(b))) if (fits(frame([...kept, i]))) kept.push(i);
  const [left, top, right, bottom] = frame(kept), { scrollLeft: x, scrollTop: y } = pane;
  if (left >= x && top >= y && right <= x + pane.clientWidth && bottom <= y + pane.clientHeight) return;
  pane.scrollTo({
    left: (left + right - pane.clientWidth) / 2, top: (top + bottom - pane.clientHeight) / 2,
    behavior: still.matches ? "auto" : "smooth",
  });
}

// ---- moving ----

function show(k) {
  step = Math.min(Math.max(k, 0), steps.length - 1);
  const at = steps[step], slider = byId("slider");
  slider.value = step;
  slider.setAttribute("aria-valuetext", headline(at));
  byId("count").textContent = `step ${step} of ${steps.length - 1}`;
  for (const [id, end] of [["first", 0], ["previous", 0], ["next", steps.length - 1], ["last", steps.length - 1]]) {
    byId(id).setAttribute("aria-disabled", step === end); // not disabled, which would take the focus away
  }
  byId("words").replaceChildren(...sayings(step));
  paint();
}

function go(k) {
  chosen = null;
  show(k);
  look();
}

function look() {
  const { node, changes = [] } = steps[step], marked = settled(step) ? [...nodes.keys()].filter(isWrong) : [];
  reveal([...new Set([...(node === undefined ? leaves : [node]), ...changes.map(({ parent }) => parent), ...marked])]);
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

const moves = { first: () => go(0), previous: () => go(step - 1), next: () => go(step + 1), last: () => go(steps.length - 1) };
for (const [id, move] of Object.entries(moves)) {
  byId(id).onclick = () => { stop(); move(); };
}
byId("play").onclick = play;
byId("slider").oninput = (event) => { stop(); go(Number(event.target.value)); };
const zooms = { smaller: () => zoom(scale / 1.25), larger: () => zoom(scale * 1.25), fit };
for (const [id, change] of Object.entries(zooms)) byId(id).onclick = () => { byHand = true; change(); };
addEventListener("resize", () => { makeRoom(); show(step); if (!byHand) zoom(usual()); });

const KEYS = { Home: "first", ArrowLeft: "previous", ArrowRight: "next", End: "last", " ": "play" };

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
    if (settled(step)) look();
  };
}

// ---- leaves ----

const grain = (x) => (x && Number.isFinite(x) ? 10 ** (Math.floor(Math.log10(Math.abs(x))) - 1) : 0.1);

leaves.forEach((i, k) => {
  const label = element("label", titled(i)), input = element("input"), complaint = element("span", "", "wrong");
  input.type = "number";
  input.disabled = Boolean(onlyPython);
  input.oninput = () => {
    complain(input, complaint, input.value === "" ? `not a number; keeps ${written(data[k])}` : "");
    if (input.value === "") return;
    data[k] = Number(input.value);
    recompute();
  };
  input.onchange = input.oninput;
  input.onfocus = () => { chosen = i; paint(); };
  label.append(input, complaint);
  byId("leaves").append(label);
});

function complain(input, complaint, text) {
  complaint.textContent = text;
  input.setAttribute("aria-invalid", Boolean(text));
}

function reset() {
  data = leaves.map((i) => Number(nodes[i].value));
  [...byId("leaves").querySelectorAll("input")].forEach((input, k) => {
    input.step = grain(data[k]).toPrecision(1);
    input.placeholder = short(data[k]); // nan and inf cannot be typed, but can be seen
    input.defaultValue = Number.isFinite(data[k]) ? String(data[k]) : "";
    input.value = input.defaultValue;
    complain(input, input.nextSibling, "");
  });
  recompute();
}

byId("reset").onclick = reset;
byId("reset").hidden = Boolean(onlyPython);
byId("why").hidden = !onlyPython;
byId("why").textContent = `They cannot be changed here: only Python can compute '${onlyPython}'. The numbers are Python's.`;
reset();
zoom(usual());
