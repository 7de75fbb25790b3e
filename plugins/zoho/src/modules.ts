/** Zoho's modules that this plugin moves, under their API names. */
export const MODULE_NAMES = ['Contacts', 'Leads', 'Accounts', 'Deals', 'Calls', 'Tasks', 'Events', 'Notes'] as const
export type ModuleName = (typeof MODULE_NAMES)[number]

/** The module of a name in a notification, where meetings go by two names; undefined for all others. */
export const moduleNamed = (name: unknown): ModuleName | undefined =>
  name === 'Meetings' ? 'Events' : MODULE_NAMES.find((known) => known === name)
