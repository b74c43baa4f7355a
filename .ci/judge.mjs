// Reads what jest reports and prints the closing line. Under CI a test that was skipped has failed its purpose.
import { existsSync, readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
if (!existsSync(file)) {
  console.error('The tests ended without a report.');
  console.log('0 passed, 1 failed, 0 skipped');
  process.exit(1);
}

const report = JSON.parse(readFileSync(file, 'utf8'));
const { numPassedTests: passed, numPendingTests, numTodoTests, success } = report;
// A file that could not even be loaded holds tests that nobody counted.
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
const skipped = numPendingTests + numTodoTests;

for (const { name, assertionResults } of report.testResults) {
  for (const { fullName, status } of assertionResults) {
    if (status === 'pending' || status === 'todo') console.error(`skipped: ${name}: ${fullName}`);
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = success && passed > 0 && failed === 0 && skipped === 0 ? 0 : 1;
