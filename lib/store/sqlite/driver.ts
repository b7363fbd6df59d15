import Database from 'libsql'

/** A value of a column. */
export type Value = Uint8Array | number | string | null
/** A row, by the names of its columns; bytes in memory of their own. */
export type Row = Readonly<Record<string, Value>>

/** A prepared statement. Parameters are always a list: a single one that is bytes aborts the process in libsql 0.5. */
export interface Statement {
  run(...parameters: Value[]): void
  get(...parameters: Value[]): Row | undefined
  all(...parameters: Value[]): Row[]
}

/** What the store needs of a database: libsql, and in tests one that fails. */
export interface Driver {
  exec(sql: string): void
  prepare(sql: string): Statement
  close(): void
}

/** What opens one. */
export type Connect = (path: string) => Driver

/** Opens a database file with libsql, or makes it. */
export const connect: Connect = path => {
  const database = new Database(path)
  return {
    exec: sql => { database.exec(sql) },
    prepare: sql => {
      const statement = database.prepare(sql)
      return {
        run: (...parameters) => { statement.run(parameters) },
        get: (...parameters) => {
          const row = statement.get(parameters)
          return row === undefined ? undefined : rowOf(row as RawRow)
        },
        all: (...parameters) => statement.all(parameters).map(row => rowOf(row as RawRow))
      }
    },
    close: () => { database.close() }
  }
}

type RawRow = Readonly<Record<string, Value | ArrayBuffer>>

/** Bytes come as a Buffer from `get`, as an ArrayBuffer from `all`. */
function rowOf (row: RawRow): Row {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => {
    if (value instanceof ArrayBuffer) return [name, new Uint8Array(value)]
    return [name, value instanceof Uint8Array ? new Uint8Array(value) : value]
  }))
}
