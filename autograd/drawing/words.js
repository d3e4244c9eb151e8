// The words of the page: numbers, names and formulas as steps.py, explaining.py and wrong_orders.py write them in
// Python, and what each step says. Next: page.js, which knows the graph and shows it.
"use strict";

// ---- numbers and names in words ----

function written(x, digits) {
  if (Number.isNaN(x)) return "nan";
  if (Math.abs(x) === Infinity) return x > 0 ? "inf" : "-inf";
  if (Object.is(x, -0)) return "-0";
  const rounded = digits ? Number(x.toPrecision(digits)) : x;
  return x !== 0 && Math.abs(x) < 1e-4 ? rounded.toExponential() : String(rounded);
}
const short = (x) => written(x, 6);
const titled = (i) => nodes[i].title;
const formulaOf = (i) => nodes[i].written ?? titled(i);
const gradOf = (i) => (nodes[i].loose ? `(${titled(i)}).grad` : `${titled(i)}.grad`);
const bracketed = (title) => (/^[\p{L}\p{N}_]+$/u.test(title) ? title : `(${title})`);
const derivative = (i, parent) => `d${bracketed(titled(i))}/d${bracketed(titled(parent))}`;
const factor = (slope) => (Array.isArray(slope) ? `(${slope})` : slope); // those that need brackets come in a list
const valueOf = (i) => results[nodes[i].place];

// A node's formula with numbers: 2*-3, (-2)**2, tanh(0.5), dot([1, 2], [3, 4]).
function withNumbers(i) {
  const [name, ...places] = lines[nodes[i].place - inputs], operands = places.map((place) => results[place]);
  const texts = operands.map((each) => (Array.isArray(each) ? `[${shortened(each.map(short)).join(", ")}]` : short(each)));
  if (name === "neg") return texts[0].startsWith("-") ? `-(${texts[0]})` : `-${texts[0]}`;
  if (name === "**") return `${texts[0].startsWith("-") ? `(${texts[0]})` : texts[0]}**${texts[1]}`;
  if (!/^\w/.test(name) && operands.length === 2) return texts.join(/[+-]/.test(name) ? ` ${name} ` : name);
  return nodes[i].index === undefined ? `${name}(${texts.join(", ")})` : `${name}(${texts[0]})[${nodes[i].index}]`;
}
const shortened = (texts) => (texts.length <= 4 ? texts : [texts[0], texts[1], "…", texts.at(-1)]);

// ---- steps ----

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
    const symbols = `${gradOf(parent)} += ${gradOf(node)} * ${factor(nodes[node].slopes[k]) || derivative(node, parent)}`;
    return `${symbols} = ${short(g)} * ${short(slope)} = ${short(gain)}${sum}`;
  });
}

function equations(at) {
  if (at.kind === "forward") {
    const parts = [titled(at.node), formulaOf(at.node), withNumbers(at.node), short(valueOf(at.node))];
    return [parts.filter((text, k) => k === 0 || text !== parts[k - 1]).join(" = ")];
  }
  if (at.kind === "seed") return [`${gradOf(output)} = 1`];
  if (at.kind !== "backward") return [];
  const all = chainRule(at);
  return all.length <= 8 ? all : [...all.slice(0, 7), `… and ${all.length - 7} more like these`];
}

// What is wrong with a firing, in the words of why_order in Python; nothing if it is right, or does no harm.
function mistake({ node, g, before, missing }) {
  if (before) return `${titled(node)} fires again with ${short(g)}, of which it has passed on ${short(before)} before`;
  if (order !== "breadth-first" || !missing.length) return "";
  return `${titled(node)} fires with ${short(g)}, before ${titled(missing[0])} has added its share`;
}
