import { flagOf } from './arguments.ts'
import { credentialNames, settingNames } from './connection_flags.ts'
import type { InstalledCrm } from './installed.ts'

const flagsOf = (crm: InstalledCrm): string => {
  const addresses = ['url', 'apiBaseUrl', 'authBaseUrl']
  const names = [...settingNames(crm).filter((name) => !addresses.includes(name)), ...credentialNames(crm)]
  return names.map(flagOf).join(' ')
}

const example = ({ id, auth, settings }: InstalledCrm): string => {
  const required = (settings.required ?? []).filter((name) => name !== 'url').map((name) => ` ${flagOf(name)} crm`)
  const signIn = 'password' in auth ? '--username ada@example.com --password …' : '--api-key …'
  return `  pnpm demo --${id} https://crm.example.com${required.join('')} ${signIn}`
}

/** The text of `--help`, with the flags of the CRMs that are installed. */
export const helpText = (installed: readonly InstalledCrm[]): string =>
  [
    'Shows the main job with every installed CRM: sign in, map, backfill 100 contacts with their companies, follow',
    'what users change by polls and by webhooks, log a phone call, add its recording and outcome later, push a deal,',
    'and check it all in the CRM.',
    'Needs nothing: the database is embedded and temporary, the CRMs are simulated.',
    '',
    'Usage: pnpm demo [--keep] [--<crm> [ADDRESS [FLAGS]]]',
    '',
    '  --keep             leave server and simulators running, with a key and examples; Ctrl-C ends them (pnpm dev)',
    '  --<crm>            only this one, simulated',
    '  --<crm> ADDRESS    this one for real, with the flags of its settings and credentials. It adds companies,',
    '                     contacts and a call that bear a mark of their own, and says in the end how to find them',
    '  --help             this text',
    '',
    'Installed:',
    ...installed.map((crm) => `  --${crm.id.padEnd(16)} ${crm.title}: ${flagsOf(crm)}`),
    '',
    'Examples:',
    '  pnpm demo',
    '  pnpm dev',
    ...installed.map(example),
    '',
    'Exit status: 0 when every check held, 1 when one did not, 2 when the command line is not understood.',
  ].join('\n')
