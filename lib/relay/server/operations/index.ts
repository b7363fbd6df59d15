import type { OperationName } from '../../wire/index.js'
import type { Member } from '../member.js'
import type { Service } from '../service.js'
import { hello, lookup, publish, takePrekey } from './accounts.js'
import { mail, receive, taken } from './mail.js'
import type { Operation } from './operation.js'
import { watch } from './watch.js'

export type { Operation, Reply } from './operation.js'

/** Every operation of the relay. */
export type Operations = { readonly [Name in OperationName]: Operation<Name> }

/** @param onPresent - told of a connection whose hello is granted, before others reach it */
export function operationsOf (service: Service, onPresent: (member: Member) => void): Operations {
  return {
    hello: hello(service, onPresent),
    lookup: lookup(service),
    takePrekey: takePrekey(service),
    publish: publish(service),
    mail: mail(service),
    receive: receive(service),
    taken: taken(service),
    watch: watch(service)
  }
}
