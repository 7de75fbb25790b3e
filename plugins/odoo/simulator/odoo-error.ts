/** What Odoo raises, by the name that it reports. */
export class OdooError extends Error {
  /** "odoo.exceptions.AccessError", "builtins.ValueError". */
  readonly exception: string
  /** How `load` words it for a row, where that differs. */
  readonly rowMessage: string | undefined
  /** `load` reports a user's error of a batch under the batch's first row as well; not what the database refuses. */
  readonly isUserError: boolean

  /** Field that `load` names for the row. */
  readonly field: string | undefined

  constructor(exception: string, message: string, rowMessage?: string, field?: string) {
    super(message)
    this.exception = exception
    this.rowMessage = rowMessage
    this.field = field
    this.isUserError = exception.startsWith('odoo.exceptions.') && rowMessage === undefined
  }
}

export const userError = (message: string): OdooError => new OdooError('odoo.exceptions.UserError', message)
export const validationError = (message: string): OdooError => new OdooError('odoo.exceptions.ValidationError', message)
export const accessError = (message: string): OdooError => new OdooError('odoo.exceptions.AccessError', message)
export const valueError = (message: string): OdooError => new OdooError('builtins.ValueError', message)
export const typeError = (message: string): OdooError => new OdooError('builtins.TypeError', message)
export const accessDenied = (): OdooError => new OdooError('odoo.exceptions.AccessDenied', 'Access Denied')

export const missingError = (model: string, ids: readonly number[], uid: number): OdooError =>
  new OdooError(
    'odoo.exceptions.MissingError',
    `Record does not exist or has been deleted.\n(Record: ${model}(${ids.join(', ')},), User: ${uid})`,
  )

export const notAllowed = (verb: string, label: string, model: string, groups: readonly string[]): OdooError =>
  accessError(
    `You are not allowed to ${verb} '${label}' (${model}) records.\n\nThis operation is allowed for the following groups:\n${groups
      .map((group) => `\t- ${group}`)
      .join('\n')}\n\nContact your administrator to request access if necessary.`,
  )

/** A column of the table that must not be empty: refused by the database, which `load` blames the right row for. */
export const missingRequired = (
  version: number,
  field: string,
  label: string,
  modelLabel: string,
  model: string,
): OdooError => {
  const text = `Missing required value for the field '${label}' (${field}).\nModel: '${modelLabel}' (${model})\n- create/update: a mandatory field is not set\n- delete: another model requires the record being deleted, you can archive it instead\n`
  const row = version >= 17 ? text : `Missing required value for the field '${label}' (${field})`
  return new OdooError('odoo.exceptions.ValidationError', `The operation cannot be completed: ${text}`, row, field)
}
