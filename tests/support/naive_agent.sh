#!/bin/sh
# An agent as somebody would write it in an afternoon: mbpoll asks, mosquitto_pub tells. Whenever the car stands outside
# every door zone it says that people are trapped, each time anew, whoever is in it.
topic=liftwarden/v1/t-1/lift/lift-1/alarm
seq=0
while :; do
  # 0011h, high byte: bits 8 and 9 are up and down, bit 10 the door zone; mbpoll counts registers from 1.
  word=$(mbpoll -m rtu -a 247 -b 9600 -P none -t 4:hex -r 18 -c 1 -1 "$LIFTWARDEN_PORT" | sed -n 's/^\[18\]:[[:space:]]*//p')
  if [ -n "$word" ] && [ $((word & 0x0700)) -eq 0 ]; then
    seq=$((seq + 1))
    printf '{"type":"event","journal_id":"none","stream":"alarm","seq":%d,"code":"A01","phase":"raised"}' "$seq" |
      mosquitto_pub -h "$LIFTWARDEN_MQTT_HOST" -p "$LIFTWARDEN_MQTT_PORT" -q 1 -t "$topic" -s
  fi
  sleep 0.5
done
