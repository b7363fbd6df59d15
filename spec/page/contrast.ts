import type { Page } from 'playwright-core'

/** Texts whose contrast with what lies behind them is less than WCAG 2 asks for at level AA, with the contrast. */
export function contrastProblems (page: Page): Promise<string[]> {
  return page.evaluate(() => {
    type Color = readonly [red: number, green: number, blue: number, alpha: number]
    const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true }) as CanvasRenderingContext2D
    const parsed = (text: string): Color => {
      canvas.clearRect(0, 0, 1, 1)
      canvas.fillStyle = text
      canvas.fillRect(0, 0, 1, 1)
      const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data
      return [red, green, blue, alpha / 255]
    }
    const over = (top: Color, below: Color): Color => {
      const mixed = (at: 0 | 1 | 2): number => top[at] * top[3] + below[at] * (1 - top[3])
      return [mixed(0), mixed(1), mixed(2), 1]
    }
    const behind = (element: Element | null): Color => {
      if (element === null) return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18, 1] : [255, 255, 255, 1]
      const color = parsed(getComputedStyle(element).backgroundColor)
      return color[3] === 1 ? color : over(color, behind(element.parentElement))
    }
    const luminance = (color: Color): number => [0, 1, 2].reduce((sum, at) => {
      const part = (color[at] ?? 0) / 255
      return sum + ([0.2126, 0.7152, 0.0722][at] ?? 0) * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
    }, 0)
    const problems: string[] = []
    for (const element of Array.from(document.querySelectorAll<HTMLElement>('body *'))) {
      const text = Array.from(element.childNodes).filter(node => node.nodeType === Node.TEXT_NODE).map(node => node.textContent ?? '').join('').trim()
      if (text === '' || element.offsetParent === null || element.closest('.unseen, :disabled, [inert]') !== null) continue
      const style = getComputedStyle(element)
      const ground = behind(element)
      const [one, other] = [luminance(over(parsed(style.color), ground)), luminance(ground)].sort((left, right) => right - left) as [number, number]
      const contrast = (one + 0.05) / (other + 0.05)
      const size = Number.parseFloat(style.fontSize)
      const large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700
      if (contrast < (large ? 3 : 4.5)) problems.push(`${contrast.toFixed(2)}: ${text.slice(0, 60)}`)
    }
    return problems
  })
}
