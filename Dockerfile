# One static binary, nothing beside it. What it keeps is in /data, unless --db
# names a PostgreSQL.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /parley ./cmd/parley \
 && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build --chown=65532:65532 /data /data
COPY --from=build /parley /parley
USER 65532:65532
WORKDIR /data
VOLUME /data
# Metrics and profiles stay inside the container's network: publish 8080 alone.
ENV PARLEY_ADDR=:8080 PARLEY_ADMIN_ADDR=:9090 PARLEY_DB=/data/parley.db
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["/parley"]
CMD ["serve"]
