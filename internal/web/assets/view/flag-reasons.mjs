/** Why somebody finds a message wrong, by the name that the API has for it. @type {Record<string, string>} */
export const reasons = { spam: "Advertising", abuse: "Insult or threat", off_topic: "Does not belong here", other: "Something else" }
