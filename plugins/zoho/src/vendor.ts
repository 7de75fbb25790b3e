import type { Json } from '@raccordo/core/plugin'

/** Zoho's answers, as far as this plugin reads them. Every member may be missing. */
export interface VendorRecord {
  readonly id?: string | number
  readonly Modified_Time?: string | null
  readonly Created_Time?: string | null
  readonly [field: string]: Json | undefined
}
export interface VendorList {
  readonly data?: readonly VendorRecord[]
  readonly info?: {
    readonly more_records?: boolean
    readonly next_page_token?: string | null
    readonly count?: number
    readonly page?: number
  }
}
/** An error answer, or what an answer says of one record, channel or request in it. */
export interface VendorVerdict {
  readonly code?: string
  readonly status?: string
  readonly message?: string
  readonly action?: string
  readonly duplicate_field?: string | null
  readonly details?: Readonly<Record<string, unknown>>
}
/** A field of a module, from its metadata. */
export interface VendorField {
  readonly api_name?: string
  readonly field_label?: string
  readonly data_type?: string
  readonly length?: number
  readonly system_mandatory?: boolean
  readonly read_only?: boolean
  readonly field_read_only?: boolean
  readonly unique?: unknown
  readonly textarea?: { readonly type?: string } | null
  readonly rich_text?: boolean
  readonly lookup?: { readonly module?: string | { readonly api_name?: string } } | null
  readonly pick_list_values?: readonly {
    readonly actual_value?: string
    readonly display_value?: string
    readonly type?: string
  }[]
}
