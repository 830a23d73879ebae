import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { builtPackage } from './helpers/built-package.js';
import { createTree } from './helpers/tree.js';

/** Programs that a bundler has put into one file together with the package. */

const repository = join(__dirname, '..');
const scratch = createTree({ 'files/a.txt': 'text' });

const PROGRAM = `
  import { createServer } from 'node:http';
  import { xsendfile } from 'xsendfile';
  import { createFrontEndConfig } from 'xsendfile/frontends';
  import { limitUses } from 'xsendfile/uses';
  import { xsendfile as forRequests } from 'xsendfile/web';

  const forRequest = forRequests(process.argv[2]);
  const allow = async () => {
    const { ok } = await forRequest(new Request('http://localhost/a.txt'));
    return ok && limitUses !== undefined && createFrontEndConfig !== undefined;
  };
  const files = xsendfile(process.argv[2], { allow });
  const server = createServer(files).listen(0, '127.0.0.1', async () => {
    const response = await fetch('http://127.0.0.1:' + server.address().port + '/a.txt');
    process.stdout.write(response.status + ' ' + (await response.text()));
    server.close();
  });
`;

beforeAll(() => {
  mkdirSync(join(scratch, 'node_modules'));
  symlinkSync(builtPackage(), join(scratch, 'node_modules/xsendfile'));
  writeFileSync(join(scratch, 'program.mjs'), PROGRAM);
});

/** Bundles the program, and returns what the bundle prints. */
function runBundle(file: string, ...options: string[]): string {
  const [esbuild, target] = [require.resolve('esbuild/bin/esbuild'), join(scratch, file)];
  const usual = ['--bundle', '--platform=node', '--log-level=error', `--outfile=${target}`];
  execFileSync(esbuild, ['program.mjs', ...usual, ...options], { cwd: scratch });
  // Alone in its directory, it cannot use an installed package.
  return execFileSync(process.execPath, [target, join(scratch, 'files')], { encoding: 'utf8' });
}

/** The banner that the documentation gives. */
function documentedBanner(): string {
  const text = readFileSync(join(repository, 'docs/troubleshooting.md'), 'utf8');
  const [, code = ''] = /^ *--banner:js="(.*)"$/m.exec(text) ?? [];
  return `banner:js=${code}`;
}

describe('a bundle of esbuild', () => {
  it('works as CommonJS', () => {
    expect(runBundle('bundle.cjs', '--format=cjs')).toBe('200 text');
  });

  it('works as an ES module with the banner of the documentation', () => {
    expect(documentedBanner()).toMatch(/^banner:js=import .*createRequire/);
    expect(runBundle('bundle.mjs', '--format=esm', `--${documentedBanner()}`)).toBe('200 text');
  });
});
