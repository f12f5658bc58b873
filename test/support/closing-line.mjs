/** The last line of a run: `N passed, N failed`. A suite that could not be loaded has failed. */
export default class ClosingLine {
  /** @param {unknown} _contexts @param {import('jest').Config & { numFailedTests: number, numPassedTests: number, numRuntimeErrorTestSuites: number }} results */
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    process.on('exit', () => process.stdout.write(`${results.numPassedTests} passed, ${failed} failed\n`));
  }
}
