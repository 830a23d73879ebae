/** So many letters may be wrong, missing, too many or exchanged. */
const MAX_DISTANCE = 2;

/** The word that was probably meant; undefined if none of them is close. */
export function findAlike(text: string, words: readonly string[]): string | undefined {
  const [best] = words
    .map((word) => ({ word, distance: distanceOf(text.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= Math.min(MAX_DISTANCE, word.length - 1))
    .sort((one, other) => one.distance - other.distance);
  return best?.word;
}

/** Edits of single letters that make one word of another (Levenshtein). */
function distanceOf(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    let left = index + 1;
    const next = [left];
    for (const [column, expected] of [...other].entries()) {
      const [diagonal = 0, above = 0] = row.slice(column, column + 2);
      const replaced = diagonal + (letter === expected ? 0 : 1);
      left = Math.min(replaced, above + 1, left + 1);
      next.push(left);
    }
    row = next;
  }
  const [distance = 0] = row.slice(-1);
  return distance;
}
