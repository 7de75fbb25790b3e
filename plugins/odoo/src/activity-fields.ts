import type { FieldInfo } from '@raccordo/core/plugin'

const OUTCOMES = [
  'connected',
  'no_answer',
  'busy',
  'left_voicemail',
  'left_message',
  'wrong_number',
  'failed',
  'canceled',
]

const MADE: Readonly<Record<string, Pick<FieldInfo, 'type' | 'options' | 'readOnly'>>> = {
  started_at: { type: 'datetime' },
  duration_seconds: { type: 'number' },
  outcome: { type: 'picklist', options: OUTCOMES.map((value) => ({ value, label: value.replaceAll('_', ' ') })) },
  email_from: { type: 'text', readOnly: true },
}

/** Fields that the plugin writes into the text of an activity and reads out of it; Odoo itself knows none of them. */
export const describeActivity = (kind: string, names: readonly string[]): readonly FieldInfo[] =>
  names.map((name): FieldInfo => {
    const label = name.replaceAll('_', ' ')
    if (name === 'kind') return { name, label, type: 'picklist', options: [{ value: kind, label: kind }] }
    return { name, label, ...(MADE[name] ?? { type: 'text' }) }
  })
