/** Milliseconds of several round trips. */
export interface Summary {
  readonly min: number
  readonly avg: number
  readonly max: number
}

/** The least, the mean and the most, to a hundredth of a millisecond; undefined of none. */
export function summaryOf (rounds: readonly number[]): Summary | undefined {
  if (rounds.length === 0) return undefined
  const rounded = (value: number): number => Math.round(value * 100) / 100
  return {
    min: rounded(Math.min(...rounds)),
    avg: rounded(rounds.reduce((sum, each) => sum + each, 0) / rounds.length),
    max: rounded(Math.max(...rounds))
  }
}
