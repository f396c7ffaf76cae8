/** A message on its way: what is wanted (a command) or what happened (an event). */
export interface Message<Type extends string = string, Data = unknown> {
  readonly type: Type
  readonly data: Data
}
