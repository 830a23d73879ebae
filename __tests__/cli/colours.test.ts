import { hasColours } from '../../lib/cli/colours.js';
import { runProgram } from '../../lib/cli/run.js';
import { type CliSettings, SECRET, TestIo } from './run-cli.js';

const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const YELLOW = '\u001b[33m';
const RESET = '\u001b[39m';

async function run(argv: readonly string[], settings: CliSettings) {
  const io = new TestIo(settings);
  await runProgram(argv, io);
  return io;
}

describe('hasColours', () => {
  const write = (): void => {};

  it.each<[boolean, Readonly<Record<string, string>>, boolean]>([
    [true, {}, true],
    [false, {}, false],
    [true, { TERM: 'xterm-256color' }, true],
    [true, { TERM: 'dumb' }, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '0' }, false],
    [true, { NO_COLOR: '' }, true],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: 'true' }, true],
    [false, { FORCE_COLOR: '' }, false],
    [true, { FORCE_COLOR: '' }, true],
    [true, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [false, { FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true],
  ])('terminal %j with %j: %j', (isTTY, env, expected) => {
    expect(hasColours({ write, isTTY }, env)).toBe(expected);
  });

  it('takes an output of unknown kind for no terminal', () => {
    expect(hasColours({ write }, {})).toBe(false);
  });
});

describe('on a terminal', () => {
  const settings: CliSettings = { isTerminal: true, env: { XSENDFILE_SECRET: SECRET } };

  it('a valid link is green, a refused one red', async () => {
    const { output } = await run(['sign', 'a.txt'], settings);
    const valid = await run(['verify', output.trim()], settings);
    expect(valid.output).toContain(`${GREEN}valid${RESET}\n  path `);
    const refused = await run(['verify', '/a.txt'], settings);
    expect(refused.output).toContain(`${RED}refused:${RESET} malformed: `);
  });

  it('links have no colour', async () => {
    const { output } = await run(['sign', 'a.txt'], settings);
    expect(output).not.toContain('\u001b');
  });

  it('errors are red: those of the program, and those of its arguments', async () => {
    const own = await run(['serve', '/missing', '--no-tokens'], settings);
    expect(own.errors).toContain(`${RED}xsendfile:${RESET} root must be an existing directory`);
    const usage = await run(['config', 'ngnix'], settings);
    expect(usage.errors).toContain(
      `${RED}xsendfile:${RESET} command-argument value 'ngnix' is invalid for argument 'server'. Did you mean nginx?`,
    );
  });

  it('warnings are yellow', async () => {
    const { errors } = await run(['config', 'nginx', '--root', '/srv/files'], settings);
    expect(errors).toContain(`xsendfile: ${YELLOW}warning:${RESET} without a handshake`);
  });
});

it('each output decides on its own', async () => {
  const io = new TestIo({ env: { XSENDFILE_SECRET: SECRET } });
  Object.assign(io.stderr, { isTTY: true });
  await runProgram(['verify', '/a.txt'], io);
  await runProgram(['verify'], io);
  expect(io.output).toMatch(/^refused: /);
  expect(io.errors).toContain(`${RED}xsendfile:${RESET} missing required argument`);
});
