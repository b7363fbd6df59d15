import test from 'ava'

/** A test that runs once: a store has nothing of the backends of crypto and zlib. */
export const once: typeof test = process.env['HUSHWIRE_TEST_BACKENDS'] === 'portable' ? test.skip as typeof test : test
