/** What the page may do, which is little: its own scripts and styles, connections to its relay, the camera for QR codes. */
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' blob:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
  "require-trusted-types-for 'script'", "trusted-types 'none'"
]

const PERMISSIONS = [
  'camera=(self)', 'clipboard-write=(self)',
  ...['accelerometer', 'autoplay', 'browsing-topics', 'clipboard-read', 'display-capture', 'encrypted-media', 'fullscreen', 'geolocation', 'gyroscope', 'hid', 'idle-detection', 'magnetometer',
    'microphone', 'midi', 'payment', 'publickey-credentials-get', 'screen-wake-lock', 'serial', 'usb', 'xr-spatial-tracking'].map(name => `${name}=()`)
]

/** @param connect - origins beside its own that the page connects to, such as `wss://relay.example` */
export function policyOf (connect: readonly string[]): string {
  return [...POLICY, `connect-src ${["'self'", ...connect].join(' ')}`].join('; ')
}

/** Headers of every answer. */
export function strictHeaders (connect: readonly string[]): Readonly<Record<string, string>> {
  return {
    'content-security-policy': policyOf(connect),
    'permissions-policy': PERMISSIONS.join(', '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY'
  }
}
