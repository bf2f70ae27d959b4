{{- define "frontier.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "frontier.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if eq .Release.Name (include "frontier.name" .) -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "frontier.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "frontier.operator" -}}
{{- printf "%s-operator" (include "frontier.fullname" .) -}}
{{- end -}}

{{- define "frontier.serviceAccountName" -}}
{{- default (include "frontier.operator" .) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "frontier.labels" -}}
app.kubernetes.io/name: {{ include "frontier.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "frontier.operatorSelector" -}}
app.kubernetes.io/name: {{ include "frontier.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end -}}

{{- define "frontier.image" -}}
{{- printf "%s/%s:%s" .root.Values.global.registry .image.image (default .root.Chart.AppVersion .image.tag) -}}
{{- end -}}
