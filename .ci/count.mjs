import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/** `count.mjs REPORT`: prints how many tests of the runner's JSON report passed and failed; names the latter on stderr. */
const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const file of report.testResults) {
  const failed = file.assertionResults.filter((test) => test.status === 'failed');
  const tell = (what, message) =>
    console.error(`FAILED: ${relative('.', file.name)}: ${what}\n${message.split('\n').slice(0, 12).join('\n')}`);
  for (const test of failed) tell(test.fullName, test.failureMessages.join('\n'));
  if (file.status === 'failed' && failed.length === 0) tell('the file', file.message);
}
console.log(report.numPassedTests, report.numFailedTests);
