import type { Decider, DecisionContext, Message } from '../src/index.ts'

/** Some day after everything that the examples are dated. */
export const today = '2026-11-24'

/** `given(...events).when(command)` is what a decider answers after that history; tap's assertions are the *then*. */
export const givenOf =
  <State, Command extends Message, Event extends Message>(decider: Decider<State, Command, Event>) =>
  (...history: readonly Event[]) => ({
    when: (command: Command, context: DecisionContext = { today }) =>
      decider.decide(command, history.reduce(decider.evolve, decider.initialState()), context),
  })
