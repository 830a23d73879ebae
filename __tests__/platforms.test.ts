import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What users run on any system: the package, its command line program, and the portal. */

const repository = join(__dirname, '..');
const files = ['lib', 'examples/portal'].flatMap((directory) =>
  readdirSync(join(repository, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.[jt]s$/.test(name) && !name.startsWith('data'))
    .map((name) => ({ name: join(directory, name), text: code(join(directory, name)) })),
);

/** A file without its comments. */
function code(name: string): string {
  const text = readFileSync(join(repository, name), 'utf8');
  return text.replace(/\/\*.*?\*\//gs, '').replace(/^\s*\/\/.*$/gm, '');
}

/** The files in which something is found. */
const having = (pattern: RegExp): readonly string[] =>
  files.filter(({ text }) => pattern.test(text)).map(({ name }) => name);

it('there are many files', () => expect(files.length).toBeGreaterThan(200));

it.each<[string, RegExp, readonly string[]]>([
  ['users and groups', /\b(?:get|set)e?[ug]ids?\(/, []],
  ['the umask', /\bprocess\.umask\(/, []],
  ['a shell', /(?<![.\w])exec(?:Sync)?\(|\bshell: true/, []],
  ['devices, and directories of Unix', /['"`]\/(?:dev|tmp|bin)\//, []],
  // Only if it exists.
  [
    '/proc',
    /['"`]\/proc\//,
    ['lib/sources/directory/descriptor.ts', 'lib/sources/directory/list-directory.ts'],
  ],
  // Each returns or does without on Windows.
  [
    'permissions',
    /\.f?l?chmod(?:Sync)?\(|\.mode &/,
    [
      'lib/cli/secrets.ts',
      'lib/doctor/probe/canary-directory.ts',
      'lib/doctor/probe/exclusive-files.ts',
    ],
  ],
])('no file needs what only POSIX systems have: %s', (_what, pattern, expected) => {
  expect(having(pattern).map((name) => name.replaceAll('\\', '/'))).toEqual(expected);
});

it('no temporary name has a character that Windows refuses', () => {
  const names = files.flatMap(({ text }) =>
    [...text.matchAll(/(?:mkdtemp\w*|join)\((?:join\()?(?:tmpdir\(\)|scratch), ([^)]*)\)/g)].map(
      ([, name]) => name,
    ),
  );
  expect(names.length).toBeGreaterThan(1);
  for (const name of names) expect(name).not.toMatch(/'[^']*[:*?<>|][^']*'|toISOString/);
});
