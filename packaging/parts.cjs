'use strict';
// A file of named parts, which the loader reads one by one: eight digits that tell where the parts begin, a table of
// them in JSON with the id of the program that they belong to, and the parts.
exports.packParts = (id, parts) => {
  const table = {};
  let at = 0;
  for (const [name, bytes] of parts) {
    table[name] = [at, bytes.length];
    at += bytes.length;
  }
  const json = Buffer.from(JSON.stringify({ id, parts: table }), 'latin1');
  const head = Buffer.from(String(8 + json.length).padStart(8, '0'), 'latin1');
  return Buffer.concat([head, json, ...parts.values()]);
};
