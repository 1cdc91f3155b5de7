-- Reads what is known of the reply to a push.
-- ARGV: the process; a whole lease (ms).
-- Returns: the time (ms); 0 unknown, 1 running, 2 its lease is over, 3 given up, 4 completed; the reply; 1 if the process
--          has the lease; 1 if the reply streams; the feedback id; the text so far.
local entry = {}
local fields = redis.call('HGETALL', KEYS[1])
for field = 1, #fields, 2 do
    entry[fields[field]] = fields[field + 1]
end
if entry.reply then
    return {now, 4, entry.reply, 0, 0, false, false}
end
-- A push that only counts its deliveries was forgotten, and whoever runs it writes it again.
local state = entry.gone and 3 or 0
if entry.owner then
    state = left(entry['until'], tonumber(ARGV[2])) > 0 and 1 or 2
end
local parts, length = {}, 0
while entry.stream and (entry['t' .. length] or '') ~= '' do
    parts[#parts + 1] = entry['t' .. length]
    length = length + #parts[#parts]
end
local own = state == 1 and entry.owner == ARGV[1]
local streams = entry.stream and 1 or 0
return {now, state, false, own and 1 or 0, streams, entry.feedback or false, table.concat(parts)}
