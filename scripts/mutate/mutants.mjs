import ts from 'typescript';

/**
 * The mutants of a source file: `{ file, line, change, root, edit }`. `change` is the name of the function around it and
 * the line with `{old → new}` in it; `edit` is `[from, to, text]`, within the expression `root` that becomes a switch.
 *
 * Of changes that the same test would find only the hardest to find is made. An operand of `&&` or `||` goes; a condition
 * without these becomes true, and false. To turn `&&` into `||`, `===` into `!==`, or to leave out a `!` would be found by
 * any test that finds one of those.
 */
export function mutantsOf(source, checker) {
  const found = [];
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isTypeAliasDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || node.parent?.name === node) return;
    for (const { root, edit } of changesAt(node, checker))
      found.push({ root: [root.getStart(), root.end], edit, change: nameAround(root) + marked(source.text, edit) });
    ts.forEachChild(node, visit);
  };
  visit(source);
  const times = new Map();
  return found
    .sort((a, b) => a.edit[0] - b.edit[0])
    .map(({ root, edit, change }) => {
      const time = (times.get(change) ?? 0) + 1;
      times.set(change, time);
      const line = source.getLineAndCharacterOfPosition(edit[0]).line + 1;
      return { file: source.fileName, line, change: time === 1 ? change : `${change} (${time})`, root, edit };
    });
}

const otherOperators = new Map(
  '< <=, <= <, > >=, >= >, + -, - +, * /, / *, % *, & |, | &, ^ &, << >>, >> <<, >>> <<, ++ --, -- ++, += -=, -= +=, *= /=, /= *=, &= |=, |= &=, ??= =, &&= =, ||= ='
    .split(', ')
    .map((pair) => pair.split(' ')),
);
const equality = /^[=!]==?$/;
const comparison = /^([=!]==?|[<>]=?|in|instanceof)$/;
const logical = /^(&&|\|\|)$/;

const change = (root, from, to, text) => ({ root, edit: [from, to, text] });
const instead = (node, text) => change(node, node.getStart(), node.end, text);
/** The operator of `a + b`; '' where there is none. */
const signOf = (node) => (ts.isBinaryExpression(node) ? node.operatorToken.getText() : '');
const isNot = (node) => ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken;
const withoutParentheses = (node) => (ts.isParenthesizedExpression(node) ? withoutParentheses(node.expression) : node);
const isOf = (flags, type) => (type.flags & flags) !== 0;

function* changesAt(node, checker) {
  if (isCondition(node, checker)) {
    const sign = signOf(withoutParentheses(node));
    if (sign !== '&&' && !ts.isIterationStatement(node.parent, false)) yield instead(node, 'true');
    if (sign !== '||') yield instead(node, 'false');
  }
  if (ts.isBinaryExpression(node)) yield* binary(node, checker);
  else if (ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) yield* unary(node);
  else if (ts.isOptionalChain(node) && node.questionDotToken !== undefined) yield* optional(node);
  else if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) {
    if (!equality.test(signOf(node.parent)))
      yield instead(node, node.kind === ts.SyntaxKind.TrueKeyword ? 'false' : 'true');
  } else if (ts.isNumericLiteral(node)) {
    if (!ts.isPrefixUnaryExpression(node.parent)) yield instead(node, String(Number(node.text) + 1));
  } else if (ts.isBigIntLiteral(node)) yield instead(node, `${BigInt(node.text.slice(0, -1)) + 1n}n`);
  else if (ts.isStringLiteralLike(node)) {
    const word = otherWord(node, checker);
    if (word !== undefined) yield instead(node, `'${word}'`);
  }
}

function* binary(node, checker) {
  const { left, right, operatorToken } = node;
  const sign = signOf(node);
  const numbers = ts.TypeFlags.NumberLike | ts.TypeFlags.BigIntLike;
  if (sign === '??') {
    yield change(node, node.getStart(), right.getStart(), '');
    yield change(node, left.end, node.end, '');
  } else if (logical.test(sign)) yield* operands(node, sign);
  else if (otherOperators.has(sign) && (!/^\+=?$/.test(sign) || isOf(numbers, checker.getTypeAtLocation(node))))
    yield change(node, operatorToken.getStart(), operatorToken.end, otherOperators.get(sign));
}

/** Each operand of `a && b && c` goes once. */
function* operands(node, sign) {
  if (signOf(node.parent) === sign && node.parent.left === node) return;
  let first = node;
  const rest = [];
  for (; signOf(first) === sign; first = first.left) rest.unshift(first.right);
  yield change(node, first.getStart(), rest[0].getStart(), '');
  for (const [i, operand] of rest.entries()) yield change(node, (rest[i - 1] ?? first).end, operand.end, '');
}

function* unary(node) {
  if (isNot(node)) return;
  const prefix = ts.isPrefixUnaryExpression(node);
  const from = prefix ? node.getStart() : node.operand.end;
  const to = prefix ? node.operand.getStart() : node.end;
  const sign = ts.tokenToString(node.operator);
  yield change(node, from, to, sign.length === 2 ? otherOperators.get(sign) : '');
}

/** The whole chain is the root: what follows `?.` belongs to it. */
function* optional(node) {
  let chain = node;
  while (
    chain.parent.expression === chain &&
    (ts.isOptionalChain(chain.parent) || ts.isNonNullExpression(chain.parent))
  )
    chain = chain.parent;
  if (ts.isDeleteExpression(chain.parent)) return;
  const { questionDotToken: sign } = node;
  yield change(chain, sign.getStart(), sign.end, ts.isPropertyAccessExpression(node) ? '.' : '');
}

/** What is tested (`if`, `while`, `?:`), or true or false by its operator: as a whole, not as part of `!`, `&&`, `||`. */
function isCondition(node, checker) {
  if (node.parent === undefined || ts.isParenthesizedExpression(node)) return false;
  if (node.kind === ts.SyntaxKind.TrueKeyword || node.kind === ts.SyntaxKind.FalseKeyword) return false;
  let outer = node;
  while (ts.isParenthesizedExpression(outer.parent)) outer = outer.parent;
  const around = outer.parent;
  if (logical.test(signOf(around)) || isNot(around)) return false;
  if (ts.isConditionalExpression(around) || ts.isForStatement(around)) {
    if (around.condition === outer) return true;
  } else if (ts.isIfStatement(around) || ts.isWhileStatement(around) || ts.isDoStatement(around)) {
    if (around.expression === outer) return true;
  }
  if (isNot(node) || comparison.test(signOf(node))) return true;
  return logical.test(signOf(node)) && isOf(ts.TypeFlags.BooleanLike, checker.getTypeAtLocation(node));
}

/** Another word for a string that is compared, or whose type is a choice of words; other texts are for people. */
function otherWord(node, checker) {
  const { parent } = node;
  const none = node.text === '' ? 'other' : '';
  if (ts.isCaseClause(parent)) return none;
  const compared = equality.test(signOf(parent));
  const type = compared
    ? checker.getTypeAtLocation(parent.left === node ? parent.right : parent.left)
    : checker.getContextualType(node);
  const choice = type && (checker.getBaseConstraintOfType(type) ?? type);
  const members = choice?.isUnion() ? choice.types.filter((member) => member.isStringLiteral()) : [];
  const words = members.map(({ value }) => value).filter((word) => !/['\\\n]/.test(word));
  words.sort();
  const next = words[(words.indexOf(node.text) + 1) % words.length];
  if (next !== undefined && next !== node.text) return next;
  return compared ? none : undefined;
}

/** `stop: ` for what is in the method stop; what is in no function has the name of its constant. */
function nameAround(node) {
  for (let at = node.parent; at !== undefined; at = at.parent) {
    if (ts.isConstructorDeclaration(at)) return 'constructor: ';
    const constant = ts.isVariableDeclaration(at) && ts.isSourceFile(at.parent.parent.parent);
    if ((constant || ts.isFunctionDeclaration(at) || ts.isClassElement(at)) && at.name !== undefined)
      return `${at.name.getText()}: `;
  }
  return '';
}

/** The line, or lines, of an edit as one, with `{old → new}` in it. */
function marked(text, [from, to, replacement]) {
  const before = text.slice(text.lastIndexOf('\n', from) + 1, from);
  const [after] = text.slice(to).split('\n', 1);
  return `${before}{${text.slice(from, to)} → ${replacement}}${after}`.replace(/\s+/g, ' ').trim();
}

/** The source with a switch in the place of each root, `(__mutant(3) ? changed : original)`. */
export function withSwitches(text, mutants) {
  const roots = new Map();
  for (const mutant of mutants) {
    const key = mutant.root.join('-');
    roots.set(key, [...(roots.get(key) ?? []), mutant]);
  }
  // outer ones come before inner ones
  const waiting = [...roots.values()].sort(([a], [b]) => a.root[0] - b.root[0] || b.root[1] - a.root[1]);

  const render = (from, to) => {
    let out = '';
    let at = from;
    while (waiting.length > 0 && waiting[0][0].root[0] < to) {
      const ways = waiting.shift();
      const [start, end] = ways[0].root;
      const changed = ways.map(({ id, edit: [cut, past, replacement] }) => {
        return `__mutant(${id}) ? ${text.slice(start, cut)}${replacement}${text.slice(past, end)} : `;
      });
      out += `${text.slice(at, start)}(${changed.join('')}${render(start, end)})`;
      at = end;
    }
    return out + text.slice(at, to);
  };
  return render(0, text.length);
}
