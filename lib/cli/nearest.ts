/** The name that is most like a wrong one, if one is like it at all. */
export function nearest (given: string, names: readonly string[]): string | undefined {
  const wrong = given.slice(0, 64)
  const ranked = names.map(name => ({ name, distance: distance(wrong.toLowerCase(), name.toLowerCase()) })).sort((one, other) => one.distance - other.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= Math.max(2, wrong.length / 3) ? best.name : undefined
}

/** Letters to change, put in or take out (Levenshtein). */
function distance (from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const next = [i]
    for (let j = 1; j <= to.length; j++) {
      const changed = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
