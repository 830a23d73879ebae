/** @typedef {{ status: string, fullName: string, ancestorTitles: readonly string[] }} TestResult */

/** A reporter for jest: lists the tests that were skipped; their titles say why. */
export default class SkippedTests {
  /** @param {{ testNamePattern?: string }} config */
  constructor({ testNamePattern }) {
    // It skips all the others.
    this.isSelection = testNamePattern !== undefined && testNamePattern !== '';
  }

  /**
   * @param {unknown} _contexts
   * @param {{ testResults: readonly { testResults: readonly TestResult[] }[] }} results
   */
  onRunComplete(_contexts, { testResults }) {
    if (this.isSelection) return;
    /** @type {Map<string, number>} */
    const counts = new Map();
    for (const { status, fullName, ancestorTitles } of testResults.flatMap(
      (file) => file.testResults,
    )) {
      if (status !== 'pending') continue;
      // One line for all tests of describeWithPrograms().
      const group = ancestorTitles.find((title) => title.includes(' needs '));
      const title = group ?? fullName;
      counts.set(title, (counts.get(title) ?? 0) + 1);
    }
    for (const [title, count] of counts) {
      console.log(`Skipped: ${title}${count > 1 ? ` (${count} tests)` : ''}`);
    }
  }
}
