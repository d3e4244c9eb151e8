// The engine, in a browser: the operations forward, the tapes that are made of them, and the orders of a backward
// pass. No derivative is known here: they come as tapes, recorded in Python (replay.py). What is seen is in page.js.
"use strict";

const total = (xs) => xs.reduce((sum, x) => sum + x, 0);
const largest = (xs) => xs.reduce((top, x) => (x > top ? x : top), xs.length ? xs[0] : -Infinity); // as Python's max
const others = (xs, index) => xs.filter((_, i) => i !== index);
const small = (x) => Math.exp(-Math.abs(x));

// C99's pow: 1 to any power is 1, and so is -1 to an infinite one; JavaScript says NaN.
const power = (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b));

const sigmoid = (x) => (x >= 0 ? 1 : small(x)) / (1 + small(x));
const softplus = (x) => Math.max(x, 0) + Math.log1p(small(x));

function logsumexp(xs) {
  const top = largest(xs);
  if (Math.abs(top) === Infinity) return xs.some(Number.isNaN) ? NaN : top;
  return top + Math.log(total(xs.map((x) => Math.exp(x - top))));
}

function softmax(xs, index) {
  const top = largest(xs), weights = xs.map((x) => Math.exp(x - top));
  return weights[index] / (Number.isFinite(top) || xs.some(Number.isNaN) ? total(weights) : 1);
}

// erf and erfc by rational functions. (W. J. Cody, Rational Chebyshev approximations for the error function, 1969)
const ratio = (x, above, below) => above.reduce((sum, c) => sum * x + c, 0) / below.reduce((sum, c) => sum * x + c, 1);

const NEAR = [
  [0.185777706184603153, 3.16112374387056560, 113.864154151050156, 377.485237685302021, 3209.37758913846947],
  [23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062],
];
const MIDDLE = [
  [2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295, 298.635138197400131,
    881.952221241769090, 1712.04761263407058, 2051.07837782607147, 1230.33935479799725],
  [15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019, 3290.79923573345963,
    4362.61909014324716, 3439.36767414372164, 1230.33935480374942],
];
const FAR = [
  [0.0163153871373020978, 0.305326634961232344, 0.360344899949804439, 0.125781726111229246, 0.0160837851487422766,
    0.000658749161529837803],
  [2.56852019228982242, 1.87295284992346725, 0.527905102951428412, 0.0605183413124413191, 0.00233520497626869185],
];

function tail(x) { // erfc of x above 0.46875
  if (x > 27.3) return 0;
  const near = Math.trunc(x * 16) / 16; // exp(-x^2) in two factors, so that the square does not lose digits
  const bell = Math.exp(-near * near) * Math.exp(-(x - near) * (x + near));
  if (x <= 4) return bell * ratio(x, ...MIDDLE);
  return bell * (1 / Math.sqrt(Math.PI) - ratio(1 / (x * x), ...FAR) / (x * x)) / x;
}

function erf(x) {
  if (Math.abs(x) <= 0.46875) return x * ratio(x * x, ...NEAR);
  return Number.isNaN(x) ? x : Math.sign(x) * (1 - tail(Math.abs(x)));
}

function erfc(x) {
  if (Math.abs(x) <= 0.46875 || Number.isNaN(x)) return 1 - erf(x);
  return x > 0 ? tail(x) : 2 - tail(-x);
}

const functions = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": power,
  neg: (a) => -a,
  identity: (a) => a,
  list: (...xs) => xs,
  step: (x) => (x > 0 ? 1 : x <= 0 ? 0 : x),
  sign: (x) => Math.sign(x),
  ordering: (a, b) => (a > b ? 1 : a < b ? -1 : a === b ? 0 : NaN),
  floor: Math.floor,
  ceil: Math.ceil,
  abs: Math.abs,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  where: (condition, branches) => branches[condition !== 0 ? 0 : 1],
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sqrt: Math.sqrt,
  exp: Math.exp,
  exp2: (x) => Math.pow(2, x),
  expm1: Math.expm1,
  log: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  atan2: Math.atan2,
  hypot: (a, b) => Math.hypot(a, b),
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  sech: (x) => (2 * small(x)) / (1 + small(x) * small(x)),
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  sigmoid,
  logsigmoid: (x) => -softplus(-x),
  softplus,
  relu: (x) => (x <= 0 ? 0 : x),
  leaky_relu: (x, slope) => (x > 0 ? x : slope * x),
  elu: (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x)),
  gelu: (x) => 0.5 * x * erfc(x * -Math.sqrt(0.5)),
  silu: (x) => x * sigmoid(x),
  softsign: (x) => x / (1 + Math.abs(x)),
  erf,
  erfc,
  sum: total,
  mean: (xs) => total(xs) / xs.length,
  prod: (xs) => xs.reduce((product, x) => product * x, 1),
  dot: (xs, ys) => total(xs.map((x, i) => x * ys[i])),
  norm: (xs) => Math.hypot(...xs),
  logsumexp,
  logaddexp: (a, b) => logsumexp([a, b]),
  softmax,
  log_softmax: (xs, index) => -softplus(logsumexp(others(xs, index)) - xs[index]),
};

// ---- tapes ----

const isNumber = (line) => line.length === 1 && line[0] !== "list";

// The results of all lines of a tape, after its inputs. A line is a number, or an operation on earlier places; results
// that are known are not computed.
function run(lines, inputs, known = new Map()) {
  const results = inputs.map(Number);
  for (const line of lines) {
    const [name, ...places] = line, operands = places.map((place) => results[place]);
    if (known.has(results.length)) results.push(known.get(results.length));
    else results.push(isNumber(line) ? Number(name) : functions[name](...operands));
  }
  return results;
}

// What each parent gains from a node with gradient g, whose operands are at the places of its line.
function gains(rule, g, operands) {
  const results = run(rule.lines, [g, ...operands.flat()]);
  return rule.outputs.map((place) => results[place]);
}

// ---- orders of a backward pass ----

const MOST_FIRINGS = 2000; // a naive recursion can take exponentially many

// The numbers of the nodes in the order in which they pass their gradients on to their parents.
function* firingOrder(nodes, order) {
  const last = nodes.length - 1;
  if (order === "topological") {
    for (let i = last; i >= 0; i--) if (nodes[i].parents) yield i;
  } else if (order === "breadth-first") {
    const queue = [last], seen = new Set(queue);
    while (queue.length) {
      const i = queue.shift();
      if (nodes[i].parents) yield i;
      for (const parent of nodes[i].parents || []) {
        if (!seen.has(parent)) queue.push(parent);
        seen.add(parent);
      }
    }
  } else {
    const stack = [last]; // naive recursion: each call fires, then calls the parents in turn
    while (stack.length) {
      const i = stack.pop();
      if (!nodes[i].parents) continue;
      yield i;
      stack.push(...nodes[i].parents.slice().reverse());
    }
  }
}

// The backward pass in some order: for each firing the node, its gradient then, what the parents gain and have after
// it, the nodes that use it and have not fired yet, and the gradient with which it fired before, if it did.
function backward({ nodes, rules, lines, inputs }, results, order) {
  const users = nodes.map(() => new Set()), fired = new Map(), grads = nodes.map(() => null), firings = [];
  nodes.forEach((node, i) => (node.parents || []).forEach((parent) => users[parent].add(i)));
  grads[nodes.length - 1] = 1;
  let capped = false;
  for (const i of firingOrder(nodes, order)) {
    if (firings.length === MOST_FIRINGS) { capped = true; break; }
    const { parents, rule, place } = nodes[i];
    const operands = lines[place - inputs].slice(1).map((place) => results[place]);
    const missing = [...users[i]].filter((user) => !fired.has(user));
    const given = gains(rules[rule], grads[i], operands), slopes = gains(rules[rule], 1, operands);
    const changes = parents.map((parent, k) => {
      grads[parent] = (grads[parent] ?? 0) + given[k];
      return { parent, gain: given[k], slope: slopes[k], after: grads[parent] };
    });
    firings.push({ node: i, g: grads[i], changes, missing, before: fired.get(i) });
    fired.set(i, grads[i]);
  }
  return { firings, grads, capped };
}
