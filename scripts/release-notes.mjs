// Prints what CHANGELOG.md says about a version, for its release: node scripts/release-notes.mjs v1.0.0
// Fails if the tag is not that of the version in package.json, or if its section has no date yet.
import { readFileSync } from 'node:fs';

const [tag = ''] = process.argv.slice(2);
const { version } = JSON.parse(read('package.json'));
if (tag !== `v${version}`) fail(`the tag is ${tag || 'missing'}, and package.json has ${version}.`);

const sections = read('CHANGELOG.md').split(/^## /m);
const section = sections.find((each) => each.startsWith(`${version} `));
if (section === undefined) fail(`CHANGELOG.md has no section for ${version}.`);

const [title = '', ...lines] = section.split('\n');
if (!/ \(\d{4}-\d\d-\d\d\)$/.test(title)) fail(`CHANGELOG.md has no date for ${title}.`);
process.stdout.write(`${lines.join('\n').trim()}\n`);

/** @param {string} name */
function read(name) {
  return readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`release-notes: ${message}`);
  process.exit(1);
}
