import test from 'ava'

/** A test that runs in the native half alone, one after another: a store has nothing of the backends of crypto and zlib. */
export const once = process.env['HUSHWIRE_TEST_BACKENDS'] === 'portable' ? test.serial.skip : test.serial
