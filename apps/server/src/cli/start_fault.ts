import { ConfigurationError } from '../config/fault.ts'

interface CrmFault {
  readonly pointer?: string
  readonly message: string
  readonly remedy?: string
}

const faultsOf = (error: unknown): readonly string[] => {
  if (error instanceof ConfigurationError) {
    return error.faults.map(({ variable, message, remedy }) => `${variable} ${message}. ${remedy}`)
  }
  const { faults } = error as { faults?: readonly CrmFault[] }
  if (!Array.isArray(faults)) return []
  return faults.map(({ pointer, message, remedy }: CrmFault) =>
    [pointer ? `${pointer}:` : '', message, remedy ?? ''].filter((piece) => piece !== '').join(' '),
  )
}

/** One clear message with every fault and its remedy; the stack only for who debugs. */
export const startFaultWords = (error: unknown, withStack: boolean): string => {
  const message = error instanceof Error ? error.message : String(error)
  const list = faultsOf(error).filter((fault) => !message.includes(fault))
  const stack = withStack && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : ''
  return `${message}${list.map((fault) => `\n  - ${fault}`).join('')}${stack}`
}
