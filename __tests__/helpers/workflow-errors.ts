import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type * as Parser from '@actions/workflow-parser';
import { buildSync } from 'esbuild';

let parser: typeof Parser | undefined;

/**
 * What GitHub's own parser finds wrong in a workflow: unknown keys, wrong types, malformed expressions, jobs that need
 * each other or that do not exist. It does not know the names of runners and actions.
 */
export async function workflowErrorsOf(name: string, content: string): Promise<string[]> {
  parser ??= loadParser();
  const { parseWorkflow, convertWorkflowTemplate, NoOperationTraceWriter } = parser;
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) await convertWorkflowTemplate(context, value);
  return context.errors.getErrors().map(({ message }) => message);
}

/** It is an ES module that imports JSON, which neither jest nor all supported versions of Node can load. */
function loadParser(): typeof Parser {
  const directory = mkdtempSync(join(tmpdir(), 'xsendfile-workflows-'));
  try {
    const outfile = join(directory, 'parser.cjs');
    buildSync({
      stdin: { contents: "export * from '@actions/workflow-parser'", resolveDir: __dirname },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      outfile,
    });
    return require(outfile);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
