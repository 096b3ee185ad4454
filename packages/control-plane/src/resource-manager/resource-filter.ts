/**
 * The `$filter`s by which lists of resources and of resource groups are narrowed.
 *
 * @see https://learn.microsoft.com/rest/api/resources/resources/list#uri-parameters
 * @module
 */

import { ArmError } from '../arm/arm-error.ts'
import { normalizeLocation } from '../arm/location.ts'
import { type FilterTerm, parseFilter } from '../arm/odata-filter.ts'
import { RESOURCE_TABLES, type ResourceFilter, type ResourceType } from '../registry/resource-list.ts'
import type { TagFilter } from '../registry/tag-filter.ts'

const ALL = Object.keys(RESOURCE_TABLES) as ResourceType[]

/** A value of each term that was given, under `name form`. */
type Terms = Map<string, string>

/** Which resources `filter` lets through. @throws {ArmError} `InvalidFilterInQueryString`. */
export function readResourceFilter(filter: string): ResourceFilter {
  const terms = termsOf(filter)
  const take = taker(terms)
  const type = take('resourcetype')
  const group = take('resourcegroup')
  const location = take('location')
  const read = {
    types: ALL.filter((one) => type === undefined || one.toLowerCase() === type.toLowerCase()),
    name: take('name'),
    nameContains: take('name', 'contains'),
    namePrefix: take('name', 'starts'),
    group,
    location: location && normalizeLocation(location),
    tag: tagOf(take),
  }
  if (terms.size > 0) throw invalid(filter)
  return read
}

/** Which tag the resource groups have that `filter` lets through. @throws {ArmError} `InvalidFilterInQueryString`. */
export function readGroupFilter(filter: string): TagFilter | undefined {
  const terms = termsOf(filter)
  const tag = tagOf(taker(terms))
  if (terms.size > 0) throw invalid(filter)
  return tag
}

/** Of two terms of one kind one would be ignored. */
function termsOf(filter: string): Terms {
  const terms = parseFilter(filter)
  if (!terms) throw invalid(filter)
  const read = new Map(terms.map((term) => [keyOf(term.name, term.form), term.value]))
  if (read.size !== terms.length) throw invalid(filter)
  return read
}

function keyOf(name: string, form: FilterTerm['form']): string {
  return `${name} ${form}`
}

type Take = (name: string, form?: FilterTerm['form']) => string | undefined

/** Takes terms out, so that what is left is what was not understood. */
function taker(terms: Terms): Take {
  return (name, form = 'equals') => {
    const key = keyOf(name, form)
    const value = terms.get(key)
    terms.delete(key)
    return value
  }
}

/** A value without a name is left, and so refused. */
function tagOf(take: Take): TagFilter | undefined {
  const prefix = take('tagname', 'starts')
  if (prefix !== undefined) return { prefix }
  const name = take('tagname')
  if (name === undefined) return undefined
  const value = take('tagvalue')
  return value === undefined ? { name } : { name, value }
}

function invalid(filter: string): ArmError {
  return new ArmError('InvalidFilterInQueryString', { filter: filter.slice(0, 500) })
}
