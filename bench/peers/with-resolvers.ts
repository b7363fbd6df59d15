// libp2p needs Promise.withResolvers, which Node has from 22 on. Imported before it.

interface Resolvers<T> {
  promise: Promise<T>
  resolve: (value: T | PromiseLike<T>) => void
  reject: (reason?: unknown) => void
}

function withResolvers<T> (): Resolvers<T> {
  const made: Partial<Resolvers<T>> = {}
  made.promise = new Promise<T>((resolve, reject) => {
    made.resolve = resolve
    made.reject = reject
  })
  return made as Resolvers<T>
}

if (!('withResolvers' in Promise)) Object.defineProperty(Promise, 'withResolvers', { value: withResolvers, configurable: true, writable: true })
