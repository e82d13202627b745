'use strict';
const { readFileSync } = require('node:fs');

// A file of named parts: eight digits that tell where the parts begin, a table of them in JSON with the id of the program
// that they belong to, and the parts. `within` names modules that have no part of their own, and the part that holds each.
// The loader reads the first part together with the table.
exports.packParts = (id, parts, within = {}) => {
  const table = {};
  let length = 0;
  for (const [name, bytes] of parts) {
    table[name] = [length, bytes.length];
    length += bytes.length;
  }
  const json = Buffer.from(JSON.stringify({ id, parts: table, within }), 'latin1');
  const begin = 16 + json.length;
  const [first] = parts.values();
  const digits = (number) => String(number).padStart(8, '0');
  return Buffer.concat([
    Buffer.from(digits(begin) + digits(begin + (first?.length ?? 0)), 'latin1'),
    json,
    ...parts.values(),
  ]);
};

// The program that a file of parts belongs to.
exports.partsId = (path) => {
  const bytes = readFileSync(path);
  return JSON.parse(bytes.latin1Slice(16, Number(bytes.latin1Slice(0, 8)))).id;
};
