import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const lib = join(__dirname, '../../lib');

/** The code of each file, without comments. */
const FILES = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join(lib, name), 'utf8');
    return [name, text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')] as const;
  });

const OWN = FILES.flatMap(([, code]) =>
  [...code.matchAll(/\bclass\s+(\w+)/g)].map(([, name = '']) => name),
);

/** An object of the other build, ESM or CommonJS, is no instance of a class of this one. */
describe('the code of the package', () => {
  it('never tests for an instance of one of its own classes', () => {
    expect(OWN).toEqual(expect.arrayContaining(['XSendfileError', 'RefusedError', 'CliError']));
    const found = FILES.flatMap(([name, code]) =>
      [...code.matchAll(/\binstanceof\s+((?:\w+\.)*(\w+))/g)]
        .filter(([, , className = '']) => OWN.includes(className))
        .map(([text]) => `${name}: ${text}`),
    );
    expect(found).toEqual([]);
  });
});
