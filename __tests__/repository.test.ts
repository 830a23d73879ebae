import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createTree } from './helpers/tree.js';
import { workflowErrorsOf } from './helpers/workflow-errors.js';

/** What surrounds the package: workflows, forms, the lock file, and the script of the release. */

const repository = join(__dirname, '..');
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const list = (directory: string): string[] =>
  readdirSync(join(repository, directory)).map((name) => `${directory}/${name}`);
const manifest = JSON.parse(read('package.json'));

describe('the workflows', () => {
  const workflows = list('.github/workflows');

  it.each(workflows)('have no error for the parser of GitHub: %s', async (path) => {
    expect(await workflowErrorsOf(path, read(path))).toEqual([]);
  });

  it.each([
    ['an unknown key', 'timeout-minutes', 'timeout', /Unexpected value 'timeout'/],
    ['a job that does not exist', 'needs: ci', 'needs: tests', /unknown job 'tests'/],
    ['a malformed expression', "&& 'next'", '&& next(', /Unexpected symbol/],
  ])('would not be accepted with %s', async (_what, right, wrong, message) => {
    const text = read('.github/workflows/release.yml');
    expect(text).toContain(right);
    const errors = await workflowErrorsOf('release.yml', text.replace(right, wrong));
    expect(errors).toEqual(expect.arrayContaining([expect.stringMatching(message)]));
  });

  it.each(workflows)('use actions by commit, and only read unless a job says more: %s', (path) => {
    const text = read(path);
    const actions = [...text.matchAll(/uses: (.*)/g)].map(([, action = '']) => action);
    expect(actions.length).toBeGreaterThan(0);
    for (const action of actions) {
      if (action.startsWith('./')) expect(existsSync(join(repository, action))).toBe(true);
      else expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
    expect(parse(text).permissions).toEqual({ contents: 'read' });
  });

  it.each(workflows)('run commands that exist: %s', (path) => {
    const text = read(path);
    const scripts = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = '']) => name);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(scripts));
    const programs = [...text.matchAll(/node ([\w./-]+)/g)].map(([, program = '']) => program);
    expect(programs.filter((program) => !existsSync(join(repository, program)))).toEqual([]);
  });
});

describe('the forms', () => {
  const forms = list('.github/ISSUE_TEMPLATE').filter((path) => !path.endsWith('config.yml'));

  it.each(forms)('ask for the output of the doctor: %s', (path) => {
    const { name, description, body } = parse(read(path));
    expect([typeof name, typeof description]).toEqual(['string', 'string']);
    const fields = body.filter(({ type }: { type: string }) => type !== 'markdown');
    const ids = fields.map(({ id }: { id: string }) => id);
    expect(new Set(ids).size).toBe(fields.length);
    const doctor = fields.find(({ id }: { id: string }) => id === 'doctor');
    expect(doctor.attributes.description).toContain('npx xsendfile doctor');
  });

  it('of pull requests ask for it, too', () => {
    expect(read('.github/PULL_REQUEST_TEMPLATE.md')).toContain('output of the doctor');
  });

  it('of the update bot is valid YAML for its version', () => {
    expect(parse(read('.github/dependabot.yml'))).toMatchObject({ version: 2 });
  });
});

describe('package.json and its lock file', () => {
  const lock = JSON.parse(read('package-lock.json'));

  it('need no fixes by npm', () => {
    const directory = createTree({
      'package.json': read('package.json'),
      [manifest.bin.xsendfile]: 'as built',
    });
    const { status, stderr } = spawnSync(npm, ['pkg', 'fix'], { cwd: directory, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
    expect(readFileSync(join(directory, 'package.json'), 'utf8')).toBe(read('package.json'));
  });

  it('belong together', () => {
    const { version, dependencies, devDependencies, peerDependencies } = manifest;
    expect(lock).toMatchObject({ version });
    expect(lock.packages['']).toMatchObject({
      version,
      dependencies,
      devDependencies,
      peerDependencies,
    });
  });

  it('name no registry, so that each user installs from the configured one', () => {
    const entries = Object.entries<{ resolved?: string; integrity?: string; link?: boolean }>(
      lock.packages,
    ).filter(([path]) => path !== '');
    expect(entries.length).toBeGreaterThan(500);
    expect(entries.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
    expect(entries.filter(([, { integrity }]) => integrity === undefined)).toEqual([]);
    expect(read('.npmrc')).toMatch(/^omit-lockfile-registry-resolved=true$/m);
  });
});

describe('__tests__/portable.json', () => {
  it('names folders and files of tests, each once', () => {
    const names: string[] = JSON.parse(read('__tests__/portable.json'));
    const isThere = (name: string): boolean =>
      existsSync(join(__dirname, name.endsWith('/') ? name : `${name}.test.ts`));
    expect(names.filter((name) => !isThere(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('release-notes.mjs', () => {
  const CHANGELOG = `# Changelog

## 1.1.0 (2026-12-24)

- New: one.
- New: two.

## 1.0.0 (2026-12-01)

- Old.
`;

  function run(tag: string, changelog: string) {
    const directory = createTree({
      'scripts/release-notes.mjs': read('scripts/release-notes.mjs'),
      'package.json': JSON.stringify({ version: '1.1.0' }),
      'CHANGELOG.md': changelog,
    });
    const script = join(directory, 'scripts/release-notes.mjs');
    const args = tag === '' ? [script] : [script, tag];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    return [status, stdout, stderr];
  }

  it('prints the section of a version', () => {
    expect(run('v1.1.0', CHANGELOG)).toEqual([0, '- New: one.\n- New: two.\n', '']);
  });

  it.each([
    ['', 'there is none', CHANGELOG, 'the tag is missing, and package.json has 1.1.0.'],
    ['v1.1', 'it is another one', CHANGELOG, 'the tag is v1.1, and package.json has 1.1.0.'],
    [
      'v1.1.0',
      'the section is missing',
      CHANGELOG.replace('1.1.0', '1.2.0'),
      'CHANGELOG.md has no section for 1.1.0.',
    ],
    [
      'v1.1.0',
      'the section has no date',
      CHANGELOG.replace('2026-12-24', 'unreleased'),
      'CHANGELOG.md has no date for 1.1.0 (unreleased).',
    ],
  ])('fails for the tag %j, if %s', (tag, _why, changelog, message) => {
    expect(run(tag, changelog)).toEqual([1, '', `release-notes: ${message}\n`]);
  });
});
