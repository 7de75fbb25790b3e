import { OPERATIONS } from '@raccordo/core'
import { installedCrms } from '../demo/installed.ts'

/** What every object of every installed plugin can do, as a table of Markdown. */
export const capabilityTable = async (hostPackageJson: string): Promise<string> => {
  const rows = (await installedCrms(hostPackageJson)).flatMap(({ id, objects }) =>
    objects.map((object) => {
      const offered = OPERATIONS.map((operation) => (object[operation] === undefined ? '' : '✓'))
      return [id, object.name, kindOf(object), object.onByDefault === false ? 'no' : 'yes', ...offered]
    }),
  )
  const head = ['provider', 'object', 'holds', 'on', ...OPERATIONS]
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

const kindOf = ({
  type,
  holds,
}: {
  readonly type: string
  readonly holds?: Readonly<Record<string, readonly string[]>>
}): string => (holds?.['kind'] === undefined ? type : `${type}: ${holds['kind'].join(', ')}`)
