import { ConfigurationError } from '../config/fault.ts'
import { faultWords, type ToldFault } from './fault_words.ts'

const faultsOf = (error: unknown): readonly string[] => {
  if (error instanceof ConfigurationError) {
    return error.faults.map(({ variable, message, remedy }) => `${variable} ${message}. ${remedy}`)
  }
  const { faults } = error as { faults?: readonly ToldFault[] }
  return Array.isArray(faults) ? faults.map(faultWords) : []
}

/** One clear message with every fault and its remedy; the stack only for who debugs. */
export const startFaultWords = (error: unknown, withStack: boolean): string => {
  const message = error instanceof Error ? error.message : String(error)
  const list = faultsOf(error).filter((fault) => !message.includes(fault))
  const stack = withStack && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : ''
  return `${message}${list.map((fault) => `\n  - ${fault}`).join('')}${stack}`
}
