import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { FRONT_END_SERVERS } from '../lib/servers/names.js';

const LIB = join(__dirname, '../lib');

const FILES = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

/** A row of the table in docs/architecture.md: a folder or file of lib, and what it may import. */
interface Rule {
  readonly of: string;
  /** `true` for everything below that path, `'types'` for its types only. */
  readonly mayImport: ReadonlyMap<string, true | 'types'>;
}

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

const rules = readRules();
const imports = FILES.flatMap(importsOf);

it('every file of lib but types.ts has a row in the table of docs/architecture.md, and every row a file', () => {
  expect(FILES.filter((file) => ruleFor(file) === undefined)).toEqual(['types.ts']);
  expect(rules.filter(({ of }) => !FILES.some((file) => ruleFor(file)?.of === of))).toEqual([]);
});

it('no file imports what the table does not list for its folder', () => {
  expect(imports.length).toBeGreaterThan(500);
  expect(imports.filter((each) => !isAllowed(each)).map(show)).toEqual([]);
});

it('the table lists nothing that its folder does not import', () => {
  const unused = rules.flatMap(({ of, mayImport }) =>
    [...mayImport.keys()]
      .filter(
        (path) => !imports.some(({ from, to }) => ruleFor(from)?.of === of && isBelow(to, path)),
      )
      .map((path) => `${of}: ${path}`),
  );
  expect(unused).toEqual([]);
});

it('no files import each other in a circle, types included', () => {
  const targets = new Map<string, string[]>();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  expect(circles).toEqual([]);
});

it('only the tuple of names, the three records and the public API know the folders of the servers', () => {
  const folder = new RegExp(`^servers/(?:${FRONT_END_SERVERS.join('|')})/`);
  const others = imports
    .filter(({ from, to }) => folder.test(to) && folder.exec(from)?.[0] !== folder.exec(to)?.[0])
    .map(({ from }) => from);
  expect([...new Set(others)].sort()).toEqual([
    'index.ts',
    'servers/fixes.ts',
    'servers/generators.ts',
    'servers/names.ts',
    'servers/senders.ts',
  ]);
});

it('no folders import each other in a circle, types included', () => {
  const targets = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    const [one, other] = [ruleFor(from)?.of, ruleFor(to)?.of];
    if (one !== undefined && other !== undefined && one !== other)
      targets.set(one, (targets.get(one) ?? new Set()).add(other));
  }
  const reaches = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of targets.get(from) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      reaches(next, seen);
    }
    return seen;
  };
  expect([...targets.keys()].filter((folder) => reaches(folder).has(folder))).toEqual([]);
});

function readRules(): readonly Rule[] {
  const page = readFileSync(join(__dirname, '../docs/architecture.md'), 'utf8');
  return [...page.matchAll(/^\| `([\w./-]+)` \|.*\| ([^|]*) \|$/gm)].map(
    ([, of = '', list = '']) => ({
      of: of.replace(/\/$/, ''),
      mayImport: new Map(
        [...list.matchAll(/`([\w./-]+)`( \(types\))?/g)].map(([, path = '', types]) => [
          path.replace(/\/$/, ''),
          types === undefined ? true : 'types',
        ]),
      ),
    }),
  );
}

/** The rule with the longest path, so that a folder may have a row within its parent's. */
function ruleFor(file: string): Rule | undefined {
  return rules
    .filter(({ of }) => isBelow(file, of))
    .sort((one, other) => other.of.length - one.of.length)[0];
}

function isBelow(file: string, path: string): boolean {
  return file === path || file.startsWith(`${path}/`) || file === `${path}.ts`;
}

function isAllowed({ from, to, isTypeOnly }: Import): boolean {
  const rule = ruleFor(from);
  if (rule === undefined || ruleFor(to) === rule || to === 'types.ts') return true;
  return [...rule.mayImport].some(
    ([path, kind]) => isBelow(to, path) && (kind === true || isTypeOnly),
  );
}

function importsOf(file: string): Import[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(LIB, file), 'utf8'),
    ts.ScriptTarget.ES2022,
    true,
  );
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean): void => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    if (!specifier.text.startsWith('.')) return;
    const to = relative(LIB, join(LIB, dirname(file), specifier.text)).replace(/\.js$/, '.ts');
    found.push({ from: file, to, isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const { importClause: clause } = node;
      const names = clause?.namedBindings;
      const areTypes =
        names !== undefined &&
        ts.isNamedImports(names) &&
        names.elements.every((each) => each.isTypeOnly);
      add(node.moduleSpecifier, clause?.isTypeOnly === true || areTypes);
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function show({ from, to, isTypeOnly }: Import): string {
  return `${from} → ${to}${isTypeOnly ? ' (types)' : ''}`;
}
