/** Which word somebody may have meant. */

/** What is further away is no guess. */
const furthest = 5;

/** The shortest of `words` that begins with `name`, else the first of the nearest by edits. */
export function closestWord(words: readonly string[], name: string): string | undefined {
  return (
    least(words, (word) => (word.startsWith(name) ? word.length : undefined)) ??
    least(words, (word) => near(word, name))
  );
}

function least(words: readonly string[], measure: (word: string) => number | undefined): string | undefined {
  let best: { word: string; distance: number } | undefined;
  for (const word of words) {
    const distance = measure(word);
    if (distance !== undefined && (best === undefined || distance < best.distance)) best = { word, distance };
  }
  return best?.word;
}

/** How many letters have to be changed, added, taken away or swapped with the next one; undefined where it is too many. */
function near(word: string, name: string): number | undefined {
  if (Math.abs(word.length - name.length) > furthest) return undefined;
  const rows: number[][] = [Array.from({ length: name.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= word.length; i++) {
    const row = [i];
    for (let j = 1; j <= name.length; j++) {
      const changed = rows[i - 1]![j - 1]! + (word[i - 1] === name[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && word[i - 2] === name[j - 1] && word[i - 1] === name[j - 2];
      const swapped = isSwap ? rows[i - 2]![j - 2]! + 1 : changed;
      row.push(Math.min(changed, swapped, rows[i - 1]![j]! + 1, row[j - 1]! + 1));
    }
    rows.push(row);
  }
  const distance = rows[word.length]![name.length]!;
  return distance > furthest ? undefined : distance;
}
