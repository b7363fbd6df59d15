const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'] as const

/** Bytes for people, in powers of a thousand. */
export function amount (bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`
}

/** A time for people, from seconds. */
export function duration (seconds: number): string {
  if (!Number.isFinite(seconds) || seconds > 359_999) return 'long'
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${Math.floor(whole % 3600 / 60)} min`
}

/** Files and bytes for people. */
export function filesAmount (files: number, bytes: number): string {
  return `${files} ${files === 1 ? 'file' : 'files'}, ${amount(bytes)}`
}
