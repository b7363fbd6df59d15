import { abortable, ignore } from '../../../stream/index.js'
import { h } from './dom.js'

/** The part of the Barcode Detection API that is used; browsers that have it are few. */
interface Detector {
  detect(source: HTMLVideoElement): Promise<ReadonlyArray<{ readonly rawValue: string }>>
}

type DetectorClass = new (options: { readonly formats: readonly string[] }) => Detector

const INTERVAL = 200

/** Whether this browser reads codes with its camera. */
export function canScan (): boolean {
  return 'BarcodeDetector' in globalThis && (navigator as Partial<Navigator>).mediaDevices !== undefined
}

/**
 * Looks through the camera until it sees a code that begins so, or is aborted.
 *
 * @param place - where the picture is shown
 * @throws what the browser says when there is no camera, or it may not be used; the signal's reason (as rejections)
 */
export async function scan (place: HTMLElement, fits: (text: string) => boolean, signal: AbortSignal): Promise<string> {
  const { BarcodeDetector } = globalThis as typeof globalThis & { readonly BarcodeDetector: DetectorClass }
  const detector = new BarcodeDetector({ formats: ['qr_code'] })
  const stream = await openCamera(signal)
  const video = h('video', { class: 'camera', muted: true, playsinline: true, 'aria-label': 'What the camera sees' })
  try {
    video.srcObject = stream
    place.replaceChildren(video)
    // without a picture it would be waited for without end
    await abortable(video.play(), signal)
    for (;;) {
      signal.throwIfAborted()
      const found = (await detector.detect(video)).find(({ rawValue }) => fits(rawValue))
      // what was in view when it was told to stop is not wanted any more
      signal.throwIfAborted()
      if (found !== undefined) return found.rawValue
      await new Promise(resolve => { setTimeout(resolve, INTERVAL) })
    }
  } finally {
    stop(stream)
    video.remove()
  }
}

/** The browser asks a person, who may leave the question open: it is not waited for any longer than wanted, and a camera that comes late goes off. */
async function openCamera (signal: AbortSignal): Promise<MediaStream> {
  const opening = navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    return await abortable(opening, signal)
  } catch (error) {
    opening.then(stop, ignore)
    throw error
  }
}

function stop (stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
