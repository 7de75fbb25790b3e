/** HubSpot's answers, as far as this plugin reads them. Every member may be missing: its own documentation says so. */
export interface VendorRecord {
  readonly id?: string | number
  readonly properties?: Readonly<Record<string, string | null>>
  readonly createdAt?: string
  readonly updatedAt?: string
  readonly archived?: boolean
  readonly archivedAt?: string
  readonly objectWriteTraceId?: string
  readonly associations?: Readonly<
    Record<string, { readonly results?: readonly VendorAssociated[]; readonly paging?: Paging }>
  >
}
export interface VendorAssociated {
  readonly id?: string | number
  readonly type?: string
}
export interface Paging {
  readonly next?: { readonly after?: string | number }
}
export interface VendorList {
  readonly results?: readonly VendorRecord[]
  readonly total?: number
  readonly paging?: Paging
}
/** An error answer, or one entry of a batch answer's `errors`. */
export interface VendorError {
  readonly status?: string
  readonly category?: string
  readonly subCategory?: unknown
  readonly message?: string
  readonly correlationId?: string
  readonly policyName?: string
  readonly errorType?: string
  readonly context?: Readonly<Record<string, unknown>>
  readonly errors?: readonly {
    readonly message?: string
    readonly code?: string
    readonly in?: string
    readonly context?: Readonly<Record<string, unknown>>
  }[]
}
export interface VendorBatch {
  readonly results?: readonly VendorRecord[]
  readonly errors?: readonly VendorError[]
}
