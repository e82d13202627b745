/** Kinds of dependencies between units, their inverses, and what each means to the job engine (systemd.unit(5)). */

export const inverseOf = {
  Requires: 'RequiredBy',
  Requisite: 'RequisiteOf',
  Wants: 'WantedBy',
  BindsTo: 'BoundBy',
  PartOf: 'ConsistsOf',
  Upholds: 'UpheldBy',
  RequiredBy: 'Requires',
  RequisiteOf: 'Requisite',
  WantedBy: 'Wants',
  BoundBy: 'BindsTo',
  ConsistsOf: 'PartOf',
  UpheldBy: 'Upholds',
  Conflicts: 'ConflictedBy',
  ConflictedBy: 'Conflicts',
  Before: 'After',
  After: 'Before',
  OnSuccess: 'OnSuccessOf',
  OnSuccessOf: 'OnSuccess',
  OnFailure: 'OnFailureOf',
  OnFailureOf: 'OnFailure',
  Triggers: 'TriggeredBy',
  TriggeredBy: 'Triggers',
  PropagatesReloadTo: 'ReloadPropagatedFrom',
  ReloadPropagatedFrom: 'PropagatesReloadTo',
  PropagatesStopTo: 'StopPropagatedFrom',
  StopPropagatedFrom: 'PropagatesStopTo',
  JoinsNamespaceOf: 'JoinsNamespaceOf',
  References: 'ReferencedBy',
  ReferencedBy: 'References',
  InSlice: 'SliceOf',
  SliceOf: 'InSlice',
} as const;

export type DependencyKind = keyof typeof inverseOf;

/**
 * Facets of behaviour. A unit's dependency of any of the kinds listed under a facet takes part in it; the engine asks
 * by facet, users configure by kind.
 */
export const facets = {
  pullInStart: ['Requires', 'BindsTo'],
  pullInStartIgnored: ['Wants', 'Upholds'],
  pullInVerify: ['Requisite'],
  pullInStop: ['Conflicts'],
  pullInStopIgnored: ['ConflictedBy'],
  retroactiveStartReplace: ['Requires', 'BindsTo', 'Upholds'],
  retroactiveStartFail: ['Wants'],
  retroactiveStopOnStart: ['Conflicts', 'ConflictedBy'],
  retroactiveStopOnStop: ['BoundBy', 'PropagatesStopTo'],
  cannotBeActiveWithout: ['BindsTo'],
  boundBy: ['BoundBy'],
  propagateStop: ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf', 'PropagatesStopTo'],
  propagateRestart: ['RequiredBy', 'RequisiteOf', 'BoundBy', 'ConsistsOf'],
  propagateStartFailure: ['RequiredBy', 'RequisiteOf', 'BoundBy'],
  propagateStopFailure: ['ConflictedBy'],
  propagateInactiveStartAsFailure: ['RequisiteOf'],
  startSteadily: ['UpheldBy'],
  upholds: ['Upholds'],
  pinsWhenUnneeded: ['RequiredBy', 'RequisiteOf', 'WantedBy', 'BoundBy', 'UpheldBy'],
  mayBecomeUnneeded: ['Requires', 'Requisite', 'Wants', 'BindsTo', 'Upholds'],
  propagatesReloadTo: ['PropagatesReloadTo'],
  onFailure: ['OnFailure'],
  onSuccess: ['OnSuccess'],
  triggers: ['Triggers'],
  triggeredBy: ['TriggeredBy'],
  before: ['Before'],
  after: ['After'],
} as const satisfies Record<string, readonly DependencyKind[]>;

export type Facet = keyof typeof facets;
