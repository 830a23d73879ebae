import { Command } from 'commander';
import { addConfigCommand } from './config.js';
import { addDoctorCommand } from './doctor.js';
import { EXIT, reportError } from './errors.js';
import { addHelp } from './help.js';
import type { CliIo } from './io.js';
import { formatError } from './messages.js';
import { refuseSecretArguments } from './secrets.js';
import { addServeCommand } from './serve.js';
import { addSignCommand } from './sign.js';
import { addVerifyCommand } from './verify.js';

const HELP_COLUMNS = 100;

/**
 * Runs the command-line program.
 *
 * @param argv - without the names of interpreter and script.
 * @returns the exit code: 0 done, 1 a link is refused, 2 wrong usage or configuration, 3 failure.
 * Never rejects.
 */
export async function runProgram(argv: readonly string[], io: CliIo): Promise<number> {
  let exitCode: number = EXIT.ok;
  const exit = (code: number): void => {
    exitCode = code;
  };
  let command: Command | undefined;
  const program = createProgram(io).hook('preAction', (_program, actionCommand) => {
    command = actionCommand;
  });
  addSignCommand(program, io);
  addVerifyCommand(program, io, exit);
  addServeCommand(program, io);
  addConfigCommand(program, io);
  addDoctorCommand(program, io, exit);
  try {
    refuseSecretArguments(argv);
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    return reportError(error, io, command?.options ?? []);
  }
}

function createProgram(io: CliIo): Command {
  const program = new Command('xsendfile')
    .description(
      'Signs, verifies and serves links to files; configures and examines front-end servers.',
    )
    .version(io.version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(formatError(text.replace(/^error: |\n$/g, ''), io)),
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
    })
    .addHelpText(
      'after',
      '\nSecrets come from files or from the environment variable XSENDFILE_SECRET, never from arguments.',
    );
  const help = `
    $ (umask 077; openssl rand -hex 32 > link-secret)
    $ xsendfile serve /srv/files --secret-file link-secret
    $ xsendfile sign report.pdf --secret-file link-secret --base http://127.0.0.1:3000

    1  verify: the link is refused; doctor: something is wrong; config: the server refuses it`;
  return addHelp(program, help);
}
