// Writes the API reference from the docstrings, one page for each entry point of the package: npm run docs:api
//
// With --check, compares it with docs/api instead, and fails if they differ.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Application, Converter, ReflectionKind, Renderer } from 'typedoc';

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const repository = fileURLToPath(new URL('..', import.meta.url));
const committed = join(repository, 'docs/api');

/** The subpath of each entry point, by the name that TypeDoc derives from its file. */
const SUBPATHS = new Map(
  listEntryPoints().map(({ subpath, file }) => [
    file.replace(/^lib\//, '').replace(/(?:\/index)?\.ts$/, ''),
    subpath.replace(/^\.\/?/, ''),
  ]),
);

if (values.check) {
  const fresh = mkdtempSync(join(tmpdir(), 'xsendfile-api-'));
  try {
    await writeReference(fresh);
    const outdated = listDifferences(fresh, committed);
    if (outdated.length > 0) {
      console.error(`Out of date in docs/api: ${outdated.join(', ')}. Run "npm run docs:api".`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
} else {
  await writeReference(committed);
}

/** The exports of package.json that have types, with the source of each. */
function listEntryPoints() {
  const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([subpath, { import: target }]) => {
    const [, source] = /^\.\/dist\/esm\/(.*)\.d\.ts$/.exec(target?.types ?? '') ?? [];
    return source === undefined ? [] : [{ subpath, file: `lib/${source}.ts` }];
  });
}

/** @param {string} directory */
async function writeReference(directory) {
  /** @type {Record<string, unknown>} */
  const options = {
    name: 'API reference',
    entryPoints: listEntryPoints().map(({ file }) => join(repository, file)),
    tsconfig: join(repository, 'tsconfig.build.json'),
    plugin: ['typedoc-plugin-markdown'],
    outputs: [{ name: 'markdown', path: directory }],
    logLevel: 'Warn',
    treatWarningsAsErrors: true,
    excludeInternal: true,
    excludeExternals: true,
    jsDocCompatibility: { defaultTag: false },
    // Line numbers would change with every commit.
    disableSources: true,
    readme: 'none',
    sortEntryPoints: false,
    router: 'module',
    entryFileName: 'README',
    hidePageHeader: true,
    hideBreadcrumbs: true,
    pageTitleTemplates: { module: '{name}' },
    groupOrder: ['Functions', 'Variables', 'Interfaces', 'Type Aliases', 'Classes'],
    useCodeBlocks: true,
    indexFormat: 'table',
    parametersFormat: 'table',
    interfacePropertiesFormat: 'table',
    classPropertiesFormat: 'table',
    propertyMembersFormat: 'table',
    typeDeclarationFormat: 'table',
    tableColumnSettings: {
      hideDefaults: true,
      hideOverrides: true,
      hideInherited: true,
      hideModifiers: true,
    },
  };
  const application = await Application.bootstrapWithPlugins(options);
  application.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    // Pages are called as what they describe is imported.
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      module.name = SUBPATHS.get(module.name) || 'xsendfile';
    }
  });
  application.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    const all = project.getReflectionsByKind(ReflectionKind.All);
    for (const reflection of all) markDefaultAsCode(reflection.comment);
    for (const inherited of all.filter(isInherited)) project.removeReflection(inherited);
  });
  // The names of files are settled by now.
  application.renderer.on(Renderer.EVENT_BEGIN, ({ project }) => {
    for (const module of project.children ?? []) {
      if (module.name !== 'xsendfile') module.name = `xsendfile/${module.name}`;
    }
  });
  const project = await application.convert();
  if (project === undefined) throw new Error('The docstrings cannot be converted.');
  application.validate(project);
  for (const name of listUndocumented(project))
    application.logger.warn(`${name} has no docstring.`);
  await application.generateOutputs(project);
  if (application.logger.hasErrors() || application.logger.hasWarnings()) process.exitCode = 1;
}

/**
 * Names of exports without a docstring, and of members of exported interfaces.
 *
 * @param {import('typedoc').ProjectReflection} project
 */
function listUndocumented(project) {
  const { Module, Interface, Reference } = ReflectionKind;
  return project
    .getReflectionsByKind(ReflectionKind.All)
    .filter((each) => each.parent?.kindOf([Module, Interface]) && !each.kindOf(Reference))
    .filter((each) => each.isDeclaration())
    .filter((each) => ![each, ...(each.signatures ?? [])].some((one) => one.hasComment()))
    .map((each) => each.getFullName());
}

/**
 * Whether a member is described where it is declared, to which "Extends" links.
 *
 * @param {import('typedoc').Reflection} reflection
 */
function isInherited(reflection) {
  return reflection.isDeclaration() && reflection.inheritedFrom?.reflection !== undefined;
}

/**
 * Shows a default that is a value as code; one that is a sentence marks its own code.
 *
 * @param {import('typedoc').Comment | undefined} comment
 */
function markDefaultAsCode(comment) {
  const { content: [part] = [] } = comment?.getTag('@default') ?? {};
  if (part?.kind !== 'text') return;
  const text = part.text.trim();
  if (/^(?:'[^']*'|[\d_]+|true|false|Infinity|\[.*\]|\{.*\})$/.test(text))
    part.text = `\`${text}\``;
}

/**
 * Names of files that are only in one of the directories, or differ.
 *
 * @param {string} one
 * @param {string} other
 */
function listDifferences(one, other) {
  const names = new Set([...listFiles(one), ...listFiles(other)]);
  return [...names].filter((name) => read(one, name) !== read(other, name));
}

/** @param {string} directory */
function listFiles(directory) {
  try {
    return readdirSync(directory, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

/**
 * @param {string} directory
 * @param {string} name
 */
function read(directory, name) {
  try {
    return readFileSync(join(directory, name), 'utf8');
  } catch {
    return undefined;
  }
}
