-- Reads what is known of the reply to a push.
-- ARGV: the process; a whole lease (ms).
-- Returns: 0 unknown, 1 running, 2 abandoned, 3 completed; the reply; 1 if the process that asks has the lease; 1 if the
--          reply streams; the feedback id; the text so far.
local entry = {}
local fields = redis.call('HGETALL', KEYS[1])
for field = 1, #fields, 2 do
    entry[fields[field]] = fields[field + 1]
end
if entry.reply then
    return {3, entry.reply, 0, 0, false, false}
end
-- A push that only counts its deliveries was forgotten, and whoever runs it writes it again.
local state = (entry.owner or entry.gone or entry.stream) and 2 or 0
if entry.owner and left(entry['until'], tonumber(ARGV[2])) > 0 then
    state = 1
end
local parts, length = {}, 0
while entry.stream and (entry['t' .. length] or '') ~= '' do
    parts[#parts + 1] = entry['t' .. length]
    length = length + #parts[#parts]
end
local own = state == 1 and entry.owner == ARGV[1]
return {state, false, own and 1 or 0, entry.stream and 1 or 0, entry.feedback or false, table.concat(parts)}
