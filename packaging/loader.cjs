'use strict';
// Installed as pidone.cjs: runs program.js, the bundle, with its compiled code beside it. V8 takes that only where it
// was made by the same version with the same options, and compiles anew where it was not.
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { Script } = require('node:vm');

const filename = join(__dirname, 'program.js');
let cachedData;
try {
  cachedData = readFileSync(join(__dirname, process.argv[2] === 'init' ? 'manager.code' : 'program.code'));
} catch {
  // A checkout may have none.
}
new Script(readFileSync(filename, 'latin1'), { filename, cachedData }).runInThisContext()(
  exports,
  require,
  module,
  __filename,
  __dirname,
);
