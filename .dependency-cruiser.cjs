// The arrows of the house: a folder of lib/ imports only folders above it in this list, which is the way of the data.
const order = [
  'stream', 'bytes', 'crypto', 'zlib', 'transport', 'noise', 'nova', 'libp2p', 'ctr', 'mesh', 'securechat', 'store', 'delivery', 'relay', 'chat', 'files', 'tunnel', 'page', 'cli'
]

const upward = order.map((folder, index) => ({
  name: `${folder}-imports-upwards`,
  comment: index === 0 ? 'stream/ imports nothing of ours' : `${folder}/ imports only ${order.slice(0, index).join(', ')}`,
  severity: 'error',
  from: { path: `^lib/${folder}/` },
  to: { path: '^lib/', pathNot: `^lib/(${order.slice(0, index + 1).join('|')})/` }
}))

/** What runs in browsers: backends and transports that are portable, and every layer over them. */
const portable = '^lib/(index\\.ts$|(stream|bytes|noise|nova|libp2p|ctr|mesh|securechat|chat|files)/|store/(?!sqlite/)|crypto/(?!node)|zlib/(?!node)|transport/(memory|websocket|websocket-native|dial-tcp-none|libp2p|index)\\.ts$|relay/(?!server/|metrics/)|page/app/)'

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'folder-in-the-list',
      comment: 'a new folder of lib/ gets its place in the order of .dependency-cruiser.cjs',
      severity: 'error',
      from: { path: '^lib/(?!index\\.ts$)', pathNot: `^lib/(${order.join('|')})/` },
      to: {}
    },
    {
      name: 'through-the-index',
      comment: "a folder's index.ts is its whole public face; transport/ has one face a transport, relay/ one for servers and one for QR codes, noise/ one for the KEM, nova/ one for mail, store/ one for SQLite and one for IndexedDB",
      severity: 'error',
      from: { path: '^lib/([^/]+)/' },
      to: { path: '^lib/[^/]+/', pathNot: '^lib/([^/]+/index\\.ts$|$1/|transport/[^/]+\\.ts$|relay/(qr\\.ts|(server|metrics)/index\\.ts)$|noise/hybrid\\.ts$|nova/mail/index\\.ts$|store/(sqlite|indexeddb)/index\\.ts$)' }
    },
    {
      name: 'no-cycles',
      comment: 'a cycle of modules has no order in which it can be read',
      severity: 'error',
      from: {},
      to: { circular: true }
    },
    {
      name: 'portable-without-node',
      comment: 'what runs in browsers imports no module of Node',
      severity: 'error',
      from: { path: portable },
      to: { dependencyTypes: ['core'] }
    },
    {
      name: 'portable-without-node-backends',
      comment: 'a backend is chosen by #crypto, #zlib, #websocket and #dial-tcp, never imported',
      severity: 'error',
      from: { path: portable },
      to: { path: '^lib/((crypto|zlib)/node|transport/(tcp|dial-tcp-node|websocket-node|websocket-server)|store/sqlite)', dependencyTypesNot: ['aliased-subpath-import'] }
    },
    {
      name: 'ws-in-two-files',
      comment: 'ws is for WebSockets on Node alone',
      severity: 'error',
      from: { pathNot: '^(lib/transport/websocket-(node|server)\\.ts$|spec/|bench/)' },
      to: { path: '(^|/)node_modules/(@types/)?ws/' }
    },
    {
      name: 'libsql-in-one-file',
      comment: 'the database is behind the driver of store/sqlite',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/store/sqlite/driver\\.ts$' },
      to: { path: '(^|/)node_modules/libsql/' }
    },
    {
      name: 'terminal-in-the-cli',
      comment: 'options and progress bars are for the command line alone',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/cli/' },
      to: { path: '(^|/)node_modules/(@types/)?(commander|cli-progress)/' }
    },
    {
      name: 'lib-without-tests',
      comment: 'the library knows nothing of its tests, benchmarks and guides',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^(spec|bench|docs|interop)/' }
    },
    {
      name: 'declared-dependencies',
      comment: 'the library imports only what package.json declares for its users, optional peers among it; the demonstration is not in the package',
      severity: 'error',
      from: { path: '^lib/', pathNot: '^lib/cli/demo' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'], dependencyTypesNot: ['type-only', 'npm-peer'] }
    },
    {
      name: 'resolvable',
      comment: 'every import leads somewhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true }
    }
  ],
  options: {
    doNotFollow: { path: '(node_modules|^dist/)' },

    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], mainFields: ['module', 'main', 'types'] }
  }
}
